import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..', '..')
let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster cli '))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const muster = (...args: readonly string[]): Promise<Outcome> => musterWith({}, ...args)

const musterWith = (more: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Outcome> =>
  new Promise((resolve) => {
    const all = [join(ROOT, 'scripts', 'muster.ts'), '--dir', join(dir, 'stack'), ...args]
    const env = { PATH: process.env.PATH, HOME: dir, ...more }
    execFile(process.execPath, all, { env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr })
    })
  })

it('shows examples first when asked for help', async () => {
  const { code, stdout } = await muster('--help')
  expect(code).toBe(0)
  expect(stdout.indexOf('Examples:')).toBe(0)
  expect(stdout.indexOf('./muster up')).toBeLessThan(stdout.indexOf('Usage:'))
})

it('tells its version on stdout', async () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  expect(await muster('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
})

describe('a mistake', () => {
  it.each([
    ['a misspelt command', ['stauts'], 'Did you mean status?'],
    ['a misspelt option', ['status', '--jsno'], 'Did you mean --json?'],
    ['an argument too many', ['down', 'now'], 'too many arguments'],
  ])('%s ends with 2, on stderr, with a hint', async (_what, args, hint) => {
    const { code, stdout, stderr } = await muster(...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(hint)
  })

  it('shows the commands when none is given', async () => {
    const { code, stderr } = await muster()
    expect(code).toBe(2)
    expect(stderr).toContain('Commands:')
  })
})

describe('without a stack', () => {
  it('status says so with 5, for people and for programs', async () => {
    const people = await muster('status')
    expect(people.code).toBe(5)
    expect(people.stdout).toMatch(/^stopped\n/)
    const programs = await muster('status', '--json')
    expect(programs.code).toBe(5)
    const { state, url, pid, parts } = JSON.parse(programs.stdout)
    expect({ state, url, pid }).toEqual({ state: 'stopped', url: null, pid: null })
    expect(parts.map((part: { name: string }) => part.name)).toEqual([
      'api',
      'worker',
      'autoscaler',
      'postgres',
      'rabbitmq',
      'redis',
    ])
  })

  it('down has nothing to do', async () => {
    expect(await muster('down')).toEqual({ code: 0, stdout: '', stderr: 'nothing was running\n' })
  })

  it('logs says what there is, with 3', async () => {
    const { code, stderr } = await muster('logs', 'api')
    expect(code).toBe(3)
    expect(stderr).toMatch(/no log api in .*; there are: none/)
  })

  it('migrate asks for an address, with 2', async () => {
    const { code, stderr } = await muster('migrate')
    expect(code).toBe(2)
    expect(stderr).toContain('set DATABASE_URL or RABBITMQ_URL')
  })

  it('config print tells every problem at once, with 2', async () => {
    const { code, stdout } = await muster('config', 'print', '--json')
    expect(code).toBe(2)
    const { problems } = JSON.parse(stdout) as { problems: string[] }
    expect(problems.some((problem) => problem.startsWith('DATABASE_URL is required'))).toBe(true)
    expect(new Set(problems).size).toBe(problems.length)
  })
})

it('config print finds nothing wrong with what is complete', async () => {
  const env = {
    DATABASE_URL: 'postgres://localhost/muster',
    RABBITMQ_URL: 'amqp://localhost',
    STORAGE_URL: 's3://localhost/pictures',
    MODELS_DIR: dir,
    ENCRYPTION: 'off',
  }
  const { code, stderr } = await musterWith(env, 'config', 'print')
  expect(stderr).toBe('')
  expect(code).toBe(0)
})

it('prints no colours into a pipe', async () => {
  const { stderr } = await muster('logs', 'nothing')
  expect(stderr).toBe(stderr.replaceAll(String.fromCharCode(27), ''))
})
