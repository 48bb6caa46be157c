import { Client } from 'pg'
import { freePorts } from '../../../infra/local/ports.ts'
import { createKey } from '../../../scripts/keys.ts'
import { type Child, startChild } from '../child.ts'
import { percentile } from '../latency.ts'
import { type BenchStack, startBenchStack } from '../servers.ts'
import type { Answered, OpenLoad } from './open-load.ts'

export interface OverloadOptions {
  /** offered load, in multiples of the capacity */
  readonly levels: readonly number[]
  readonly durationMs: number
  readonly deadlineMs: number
  readonly say: (line: string) => void
}

/** What one offered load came to. Rates are jobs a second, latencies ms. */
export interface OverloadRow {
  readonly level: number
  readonly offered: number
  /** succeeded before their deadline */
  readonly goodput: number
  /** goodput over the smaller of the offered load and the capacity */
  readonly ofPossible: number
  readonly refusedRatio: number
  /** accepted, and expired */
  readonly expiredCount: number
  /** model time that was spent on those */
  readonly expiredModelMs: number
  /** in the model at their deadline, and told all the same */
  readonly lateCount: number
  readonly p50: number
  readonly p95: number
  /** of a second tenant that asks twice a second */
  readonly quietP95: number
  readonly quietRefusedCount: number
  /** from the end of the load until nine in ten of new requests took less than 3 s, over the deadline */
  readonly recoveredToDeadline: number
  readonly errorCount: number
}

/** Known cost of one job, and workers: 40 jobs a second in sum, which leaves the machine to the rest of the stack. */
const COST_MS = 50
const WORKER_COUNT = 2
const SLOW_MS = 3_000
const QUIET_PER_SECOND = 2
const PROBES_PER_SECOND = 5

const program = (path: string): URL => new URL(path, import.meta.url)

interface Bench {
  readonly stack: BenchStack
  readonly keys: Readonly<Record<'flood' | 'quiet' | 'probe', string>>
  load(load: Pick<OpenLoad, 'streams' | 'durationMs'>): Promise<readonly Answered[]>
  stop(): Promise<void>
}

const start = async (deadlineMs: number): Promise<Bench> => {
  const stack = await startBenchStack('liveness=liveness')
  const children: Child[] = []
  const begin = async (url: URL, extra: Readonly<Record<string, string>> = {}): Promise<Child> => {
    const child = await startChild(url, { ...stack.env, ...extra })
    children.push(child)
    return child
  }
  const stop = async (): Promise<void> => {
    for (const child of children.toReversed()) await child.stop()
    await stack.stop()
  }
  try {
    const ports = Object.values(await freePorts(['one', 'two'], {}))
    const task = program('./costly-task.ts')
    task.searchParams.set('cost', String(COST_MS))
    for (let index = 0; index < WORKER_COUNT; index += 1)
      await begin(program('../../../worker/main.ts'), {
        ...{ WORKER_POOL: 'liveness', WORKER_INDEX: String(index), WORKER_TASK_MODULE: task.href },
        WORKER_BATCH_MAX: '4',
      })
    const deadline = { API_DEADLINE_INTERACTIVE_MS: String(deadlineMs) }
    for (const port of ports) await begin(program('../sync-path/no-op-api.ts'), { API_PORT: String(port), ...deadline })
    const caller = await begin(program('./open-load.ts'))
    const key = (tenant: string) => createKey(stack.env.DATABASE_URL ?? '', { tenant, name: 'bench' })
    const keys = { flood: await key('flood'), quiet: await key('quiet'), probe: await key('probe') }
    const urls = ports.map((port) => `http://127.0.0.1:${port}`)
    const common = { urls, waitSeconds: Math.ceil(deadlineMs / 1000) + 5 }
    return { stack, keys, stop, load: (load) => caller.ask({ ...common, ...load }) }
  } catch (error) {
    await stop()
    throw error
  }
}

const inTime = ({ status, state }: Answered): boolean => status === 200 && state === 'succeeded'

/** Jobs a second the pool does when it never has to wait for one: more is offered than it can do, and the ends counted. */
const measureCapacity = async ({ load, keys }: Bench, durationMs: number): Promise<number> => {
  const nominal = (WORKER_COUNT * 1000) / COST_MS
  const answers = await load({ streams: [{ name: 'flood', apiKey: keys.flood, perSecond: 1.5 * nominal }], durationMs })
  const ends = answers.filter(inTime).map(({ sentAt, ms }) => sentAt + ms)
  const middle = ends.filter((at) => at > durationMs * 0.3 && at < durationMs)
  return middle.length / ((durationMs * 0.7) / 1000)
}

/** @returns accepted jobs that were not over in time, by the rows themselves */
const wasted = async ({ stack }: Bench, since: Date) => {
  const client = new Client({ connectionString: stack.env.DATABASE_URL ?? '' })
  await client.connect()
  try {
    const { rows } = await client.query<{ expired: number; ms: number; late: number }>(
      `select count(*) filter (where state = 'expired')::int as expired,
              coalesce(sum((timings->>'inferMs')::float8) filter (where state = 'expired'), 0) as ms,
              count(*) filter (where state = 'succeeded' and finished_at > deadline)::int as late
         from job where created_at >= $1`,
      [since],
    )
    const { expired = 0, ms = 0, late = 0 } = rows[0] ?? {}
    return { expiredCount: expired, expiredModelMs: ms, lateCount: late }
  } finally {
    await client.end()
  }
}

/** @returns ms after which no probe was slow any more */
const recovery = (probes: readonly Answered[]): number => {
  const slow = probes.filter((probe) => probe.ms >= SLOW_MS || !inTime(probe)).map(({ sentAt }) => sentAt)
  const last = slow.sort((a, b) => a - b).at(-1)
  return last === undefined ? 0 : last + 1000 / PROBES_PER_SECOND
}

const measureLevel = async (
  bench: Bench,
  level: number,
  capacity: number,
  { durationMs, deadlineMs }: OverloadOptions,
): Promise<OverloadRow> => {
  const since = new Date()
  const offered = level * capacity
  const flooding = bench.load({
    streams: [
      { name: 'flood', apiKey: bench.keys.flood, perSecond: offered - QUIET_PER_SECOND },
      { name: 'quiet', apiKey: bench.keys.quiet, perSecond: QUIET_PER_SECOND },
    ],
    durationMs,
  })
  const answers = await flooding
  const ends = answers.filter(inTime)
  // The caller has waited for the last answer of the load: what the probes of that time would have met is in there.
  const loadMs = Math.max(durationMs, ...answers.map(({ sentAt, ms }) => sentAt + ms))
  const probes = await bench.load({
    streams: [{ name: 'probe', apiKey: bench.keys.probe, perSecond: PROBES_PER_SECOND }],
    durationMs: deadlineMs,
  })
  const accepted = ends.map(({ ms }) => ms)
  const quiet = answers.filter(({ stream }) => stream === 'quiet')
  const goodput = (ends.length * 1000) / loadMs
  return {
    level,
    offered: (answers.length * 1000) / durationMs,
    goodput,
    ofPossible: goodput / Math.min(capacity, offered),
    refusedRatio: answers.filter(({ status }) => status === 429).length / answers.length,
    ...(await wasted(bench, since)),
    p50: percentile(accepted, 0.5),
    p95: percentile(accepted, 0.95),
    quietP95: percentile(
      quiet.filter(inTime).map(({ ms }) => ms),
      0.95,
    ),
    quietRefusedCount: quiet.filter(({ status }) => status === 429).length,
    recoveredToDeadline: (loadMs - durationMs + recovery(probes)) / deadlineMs,
    errorCount: answers.filter(({ status }) => status !== 200 && status !== 429).length,
  }
}

/** Two replicas of the api and two workers with a model of known cost, under more and more load. */
export const measureOverload = async (
  options: OverloadOptions,
): Promise<{ readonly capacity: number; readonly rows: readonly OverloadRow[] }> => {
  const bench = await start(options.deadlineMs)
  try {
    const capacity = await measureCapacity(bench, 4 * options.deadlineMs)
    options.say(`capacity: ${capacity.toFixed(1)} jobs a second`)
    const rows: OverloadRow[] = []
    for (const level of options.levels) {
      const row = await measureLevel(bench, level, capacity, options)
      options.say(`${level}x: goodput ${row.goodput.toFixed(1)}/s, p95 ${row.p95.toFixed(0)} ms`)
      rows.push(row)
    }
    return { capacity, rows }
  } finally {
    await bench.stop()
  }
}
