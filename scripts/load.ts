import { setTimeout as pause } from 'node:timers/promises'
import { type Command, InvalidArgumentError } from 'commander'
import type { KeptDecision } from '../infra/domain/scaling.ts'
import type { Tally, Window } from './load/tally.ts'
import type { Watch } from './load/watch.ts'
import { print, say, sayDim } from './output.ts'

interface LoadFlags {
  readonly rate: number
  readonly minutes: number
  readonly after: number
  readonly url?: string
}

/** Between two lines. */
const ROW_MS = 10_000
const COLUMNS = [
  ['time', 6],
  ['wanted/s', 9],
  ['done/s', 7],
  ['p50 ms', 8],
  ['p95 ms', 8],
  ['refused', 8],
  ['failed', 7],
  ['asked', 6],
  ['ready', 6],
  ['waiting', 8],
] as const

const row = (cells: readonly string[]): string =>
  COLUMNS.map(([, width], index) => (cells[index] ?? '').padStart(width)).join(' ')

const known = (value: number | undefined, digits = 0): string => value?.toFixed(digits) ?? '-'

const cells = (ms: number, rate: number, window: Window, decision: KeptDecision | undefined): readonly string[] => {
  const { doneCount, p50Ms, p95Ms, refusedCount, failedCount } = window
  const seen = decision?.measurement
  return [
    `${(ms / 1000).toFixed(0)} s`,
    rate.toFixed(1),
    ((doneCount * 1000) / ROW_MS).toFixed(1),
    known(p50Ms),
    known(p95Ms),
    String(refusedCount),
    String(failedCount),
    // What is asked for after the decision, not what was found before it.
    known(decision && (decision.outcome === 'applied' ? decision.to : decision.from)),
    known(seen?.readyWorkers?.value),
    known(seen?.waiting?.value),
  ]
}

interface Run {
  readonly rate: (elapsedMs: number) => number
  readonly durationMs: number
  readonly tally: Tally
  readonly watch: Watch
  readonly signal: AbortSignal
}

const showRows = async ({ rate, durationMs, tally, watch, signal }: Run): Promise<void> => {
  const { report } = await import('../autoscaler/report.ts')
  const startedAt = performance.now()
  print(row(COLUMNS.map(([name]) => name)))
  for (let next = ROW_MS; next <= durationMs && !signal.aborted; next += ROW_MS) {
    await pause(Math.max(0, startedAt + next - performance.now()), undefined, { signal }).catch(() => {})
    print(row(cells(next, rate(next - 1), tally.take(), await watch.latest())))
    for (const decision of await watch.changes()) for (const line of report(decision)) sayDim(`        ${line}`)
  }
}

const positive = (text: string): number => {
  const value = Number(text)
  if (!(value > 0 && value <= 100_000)) throw new InvalidArgumentError('a number over 0 is needed')
  return value
}
const notNegative = (text: string): number => {
  const value = Number(text)
  if (!(value >= 0 && value <= 100_000)) throw new InvalidArgumentError('a number from 0 is needed')
  return value
}

/** A tenth of the time to climb, then all of it; afterwards a trickle, so that there is still something to forecast. */
const shapeOf = ({ rate, minutes }: LoadFlags): ((elapsedMs: number) => number) => {
  const busyMs = minutes * 60_000
  const climbMs = busyMs / 10
  return (ms) => {
    if (ms >= busyMs) return rate / 20
    return rate * Math.min(1, ms / climbMs)
  }
}

const runLoad = async (name: string, flags: LoadFlags, dir: string | undefined): Promise<void> => {
  const [{ poolTarget }, { createSampleSender }, { createTally }, { keepArriving }, { watchDecisions }] =
    await Promise.all([
      import('./load/pool-target.ts'),
      import('./load/samples.ts'),
      import('./load/tally.ts'),
      import('./load/arrivals.ts'),
      import('./load/watch.ts'),
    ])
  const [{ openPool }, { createDecisionStore }, { LEASE_NAME }] = await Promise.all([
    import('../infra/postgres/pool.ts'),
    import('../infra/postgres/decision-store.ts'),
    import('../autoscaler/lead.ts'),
  ])
  const { pool, env, databaseUrl, samples } = poolTarget(name, dir, flags.url)
  const tally = createTally()
  const database = openPool({ url: databaseUrl, maxCount: 1, applicationName: 'muster load' })
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  const rate = shapeOf(flags)
  const durationMs = (flags.minutes + flags.after) * 60_000
  say(`${flags.rate} checks a second of pool ${name} for ${flags.minutes} min, then a trickle for ${flags.after} min`)
  try {
    const watch = watchDecisions(createDecisionStore(database, LEASE_NAME), name, Date.now())
    const send = createSampleSender(env, pool.tasks, samples, tally)
    const arriving = keepArriving({ rate, durationMs, send, signal: stop.signal })
    await showRows({ rate, durationMs, tally, watch, signal: stop.signal })
    await arriving
  } finally {
    await database.end()
  }
}

/** `./muster load`: real checks at a rate, and what the autoscaler makes of it. */
export const registerLoad = (program: Command): void => {
  program
    .command('load <pool>')
    .summary('send checks at a rate, and watch the count rise and fall')
    .description(
      'Send real checks with the sample pictures at a rate, whether or not earlier ones were answered, and show every ten ' +
        'seconds what callers saw and what the autoscaler decided.',
    )
    .addHelpText('before', 'Examples:\n  ./muster load liveness --rate 12 --minutes 5\n')
    .option('--rate <per-second>', 'checks a second', positive, 5)
    .option('--minutes <n>', 'how long', positive, 3)
    .option('--after <minutes>', 'a twentieth of the rate for so long afterwards', notNegative, 7)
    .option('--url <url>', 'where Muster is')
    .action((name: string, flags: LoadFlags) => runLoad(name, flags, program.opts<{ dir?: string }>().dir))
}
