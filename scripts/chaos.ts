import { randomInt } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { EXIT, explain } from './exit-code.ts'
import { print, say, sayDim, sayGood, sayLoud, table } from './output.ts'
import { ROOT } from './stack/folder.ts'

const DEFAULT_MINUTES = 15

interface ChaosCommandOptions {
  readonly minutes: number
  readonly seed?: number
  readonly json?: boolean
}

const positive = (text: string): number => {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('it is a number over 0')
  return value
}

const whole = (text: string): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('it is a whole number from 0')
  return value
}

const run = async ({ minutes, seed = randomInt(2 ** 31), json }: ChaosCommandOptions): Promise<void> => {
  const { runChaos } = await import('../test/chaos/run.ts')
  const { notes, rows } = await import('../test/chaos/report.ts')
  const { ensurePackages } = await import('../infra/local/packages.ts')
  const { SERVER_NAMES } = await import('../infra/local/server-kind.ts')
  const dir = join(ROOT, '.muster', 'chaos')
  mkdirSync(dir, { recursive: true })
  await ensurePackages(SERVER_NAMES, join(dir, 'install.log'), say)
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort())
  // A fault of the test itself must not leave servers behind.
  process.on('uncaughtException', (error) => {
    for (const line of explain(error)) sayLoud(line)
    interrupted.abort()
  })
  say(`chaos for ${minutes} min, seed ${seed}`)
  const logFile = join(dir, 'processes.log')
  const report = await runChaos({
    minutes,
    seed,
    say: sayDim,
    signal: interrupted.signal,
    onLog: (text) => writeFileSync(logFile, text),
  })
  const file = join(dir, `${new Date().toISOString().replaceAll(':', '-')}.json`)
  const text = JSON.stringify(report, (_key, value) => (value instanceof Map ? Object.fromEntries(value) : value), 2)
  writeFileSync(file, `${text}\n`)
  print(json ? text : table(rows(report.findings)))
  const [verdict = '', ...others] = [...notes(report)].reverse()
  for (const line of others.reverse()) say(line)
  if (report.passed) sayGood(verdict)
  else sayLoud(verdict)
  say(`written to ${file}; what the processes said: ${logFile}`)
  process.exitCode = report.passed ? EXIT.ok : EXIT.failed
}

/** `./muster chaos` */
export const registerChaos = (program: Command): void => {
  program
    .command('chaos')
    .summary('kill, freeze, cut and fill everything under load, and count what was lost')
    .description(
      'Start a stack of its own, keep callers on it, and harm it: processes, broker, database, cache, storage, clocks,\n' +
        'and every point between two steps. Every accepted job must have one outcome. Prints a row for each fault, the\n' +
        'sum, and PASS or FAIL. The stack of `up` is not touched.',
    )
    .option('--minutes <count>', 'rounds of all faults for so long', positive, DEFAULT_MINUTES)
    .option('--seed <number>', 'the same order of faults again; by chance unless told', whole)
    .option('--json', 'print the findings as JSON, and nothing else on stdout')
    .addHelpText('after', '\nExamples:\n  ./muster chaos\n  ./muster chaos --minutes 60 --seed 7\n')
    .action(async (options: ChaosCommandOptions) => {
      try {
        await run(options)
      } catch (error) {
        for (const line of explain(error)) sayLoud(`muster: ${line}`)
        process.exitCode = EXIT.failed
      }
      // Callers that still wait would keep the process; everything that matters is written.
      process.exit()
    })
}
