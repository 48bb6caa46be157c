import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, type Option } from 'commander'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..', '..')
const SCRIPTS = join(ROOT, 'scripts')
const read = (...path: readonly string[]): string => readFileSync(join(ROOT, ...path), 'utf8')
/** Only what adds commands: other scripts are programs, which begin when they are imported. */
const COMMANDS = readdirSync(SCRIPTS).filter(
  (name) => name.endsWith('.ts') && /^export const register/m.test(read('scripts', name)),
)
const DOCUMENTS = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs')).map((name) => join('docs', name)),
  ...readdirSync(join(ROOT, 'docs', 'runbooks')).map((name) => join('docs', 'runbooks', name)),
].filter((name) => name.endsWith('.md'))

const programOf = async (): Promise<Command> => {
  const program = new Command('muster')
  for (const name of COMMANDS) {
    const module = (await import(join(SCRIPTS, name))) as Readonly<Record<string, unknown>>
    for (const [member, register] of Object.entries(module))
      if (member.startsWith('register')) (register as (to: Command) => void)(program)
  }
  return program
}

/** What follows `./muster` in a document, up to what is said about it. */
const callsIn = (text: string): readonly string[] =>
  [...text.matchAll(/(?<!\.)\.\/muster ([^`\n]+)/g)].map(
    ([, words = '']) => words.split(/ {2,}| [#|>&]|\.\.\./)[0] ?? '',
  )

/** The command that words begin with, and the words behind it. */
const commandOf = (program: Command, words: readonly string[]): readonly [Command, readonly string[]] => {
  const [first = '', ...others] = words
  const found = program.commands.find((one) => one.name() === first || one.aliases().includes(first))
  return found ? commandOf(found, others) : [program, words]
}

const isOf = ({ long, short }: Option, flag: string): boolean => flag === long || flag === short

/** What is wrong with a call; undefined = nothing. */
const faultOf = (program: Command, call: string): string | undefined => {
  const [command, words] = commandOf(program, call.trim().split(/\s+/))
  if (command === program) return words[0]?.startsWith('-') ? undefined : `no command ${words[0]}`
  const flags = words.filter((word) => /^--?[a-z][a-z-]*$/.test(word) && word !== '--help')
  const strange = flags.find((flag) => !command.options.some((one) => isOf(one, flag)))
  if (strange) return `no option ${strange}`
  const missing = command.options.find((one) => one.mandatory && !flags.some((flag) => isOf(one, flag)))
  // With nothing but a flag behind it a command is only named.
  return missing && words.some((word) => !word.startsWith('-')) ? `without ${missing.long}` : undefined
}

it('documents tell of commands and options that there are, with what they must have', async () => {
  const program = await programOf()
  expect(faultOf(program, 'drain <node> --release')).toBe('without --reason')
  expect(faultOf(program, 'pools --no-such-option')).toBe('no option --no-such-option')
  expect(faultOf(program, 'no-such-command')).toBe('no command no-such-command')
  const faults = DOCUMENTS.flatMap((name) =>
    callsIn(read(name)).flatMap((call) => {
      const fault = faultOf(program, call)
      return fault ? [`${name}: ./muster ${call}: ${fault}`] : []
    }),
  )
  expect(faults).toEqual([])
})
