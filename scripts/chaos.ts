import { randomInt } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { EXIT, exitCodeOf, explain, UsageError } from './exit-code.ts'
import { print, say, sayDim, sayGood, sayLoud, table } from './output.ts'
import { ROOT } from './stack/folder.ts'

const DEFAULT_MINUTES = 15
/** As a shell tells that a program ended by Ctrl-C. */
const EXIT_INTERRUPTED = 130
/** Why a run ended early, when somebody wanted it. */
const WANTED = 'interrupted'

interface ChaosCommandOptions {
  readonly minutes?: number
  readonly seed?: number
  readonly only?: readonly string[]
  readonly crashPoints?: boolean
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

const names = (text: string): readonly string[] =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)

/** What to inject, and for how long: named faults and crash points come once each, unless a time is given. */
const planOf = async ({ minutes, only, crashPoints }: ChaosCommandOptions) => {
  const { allFaults, crashPointFaults } = await import('../test/chaos/faults/all.ts')
  const { clusterFaults } = await import('../test/chaos/faults/cluster.ts')
  const time = { minutes: minutes ?? DEFAULT_MINUTES }
  const once = minutes === undefined ? { minutes: Number.POSITIVE_INFINITY, rounds: 1 } : time
  if (crashPoints) {
    if (only) throw new UsageError('--crash-points and --only exclude each other')
    return { ...once, faults: crashPointFaults(), clusterFaults: [], withVisitors: true }
  }
  if (!only) return time
  const { chosen } = await import('../test/chaos/fault.ts')
  return { ...once, ...chosen(only, { faults: allFaults(), clusterFaults }) }
}

/** The first signal ends the run with what was found so far, a second one at once. */
const interruptible = (): AbortSignal => {
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (interrupted.signal.aborted) process.exit(EXIT_INTERRUPTED)
      say('ending early; once more ends at once, and may leave servers behind')
      interrupted.abort(WANTED)
    })
  // A fault of the test itself must not leave servers behind.
  process.on('uncaughtException', (error) => {
    for (const line of explain(error)) sayLoud(line)
    interrupted.abort(error)
  })
  return interrupted.signal
}

const run = async (options: ChaosCommandOptions): Promise<void> => {
  const { runChaos } = await import('../test/chaos/run.ts')
  const { notes, rows } = await import('../test/chaos/report.ts')
  const { ensurePackages } = await import('../infra/local/packages.ts')
  const { SERVER_NAMES } = await import('../infra/local/server-kind.ts')
  const plan = await planOf(options)
  const { seed = randomInt(2 ** 31), json } = options
  const dir = join(ROOT, '.muster', 'chaos')
  mkdirSync(dir, { recursive: true })
  await ensurePackages(SERVER_NAMES, join(dir, 'install.log'), say)
  const signal = interruptible()
  say(`chaos ${Number.isFinite(plan.minutes) ? `for ${plan.minutes} min` : 'once round'}, seed ${seed}`)
  const logFile = join(dir, 'processes.log')
  writeFileSync(logFile, '')
  const onLog = (text: string) => writeFileSync(logFile, text, { flag: 'a' })
  const report = await runChaos({ ...plan, seed, say: sayDim, signal, onLog })
  const file = join(dir, `${new Date().toISOString().replaceAll(':', '-')}.json`)
  const text = JSON.stringify(report, (_key, value) => (value instanceof Map ? Object.fromEntries(value) : value), 2)
  writeFileSync(file, `${text}\n`)
  print(json ? text : table(rows(report.findings)))
  const [verdict = '', ...others] = [...notes(report)].reverse()
  for (const line of others.reverse()) say(line)
  if (report.passed) sayGood(verdict)
  else sayLoud(verdict)
  say(`written to ${file}; what the processes said: ${logFile}`)
  process.exitCode = report.passed ? EXIT.ok : signal.reason === WANTED ? EXIT_INTERRUPTED : EXIT.failed
}

const EXAMPLES = `
Examples:
  ./muster chaos
  ./muster chaos --minutes 60 --seed 7
  ./muster chaos --only 'worker frozen past its lease,RabbitMQ frozen'
  ./muster chaos --crash-points
`

/** `./muster chaos` */
export const registerChaos = (program: Command): void => {
  program
    .command('chaos')
    .summary('kill, freeze, cut and fill everything under load, and count what was lost')
    .description(
      'Start a stack of its own, keep callers on it, and harm it: processes, broker, database, cache, storage, clocks,\n' +
        'and every point between two steps. Every accepted job must have one outcome. Prints a row for each fault, the\n' +
        'sum, and PASS or FAIL. The stack of `up` is not touched. Ctrl-C ends it with what was found so far, without a\n' +
        'verdict and with exit code 130.',
    )
    .option('--minutes <count>', `rounds of all faults for so long (default: ${DEFAULT_MINUTES})`, positive)
    .option('--seed <number>', 'the same order of faults again; by chance unless told', whole)
    .option('--only <faults>', 'these, apart by commas, once each; a name that is none tells them all', names)
    .option('--crash-points', 'have a process die at each of its crash points, one after the other')
    .option('--json', 'print the findings as JSON, and nothing else on stdout')
    .addHelpText('after', EXAMPLES)
    .action(async (options: ChaosCommandOptions) => {
      try {
        await run(options)
      } catch (error) {
        for (const line of explain(error)) sayLoud(`muster: ${line}`)
        process.exitCode = exitCodeOf(error)
      }
      // Callers that still wait would keep the process; everything that matters is written.
      process.exit()
    })
}
