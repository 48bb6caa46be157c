import { MOST_NODES } from '../../autoscaler/drains.ts'
import { sentenceOf } from '../../autoscaler/override-words.ts'
import { countOf, isStale, type PoolStatus } from '../../autoscaler/pool-status.ts'
import type { Evidence } from '../../infra/domain/bottleneck.ts'
import { verdictLine } from '../../infra/domain/bottleneck-words.ts'
import { meanOf, NOTHING, type Sum, withinOf } from '../../infra/domain/duration-sum.ts'
import { type FleetNodes, type NodeState, nodeState, presentNodes } from '../../infra/domain/fleet-node.ts'
import {
  countsUnder,
  hopsOf,
  mergeSums,
  type PoolMinute,
  type Sums,
  saturationOf,
} from '../../infra/domain/pool-minute.ts'
import type { CountBounds } from '../../infra/domain/scaling.ts'
import type { FleetDatabase } from '../fleet-database.ts'

/** One hop of a pool in the last minutes. Durations in ms. */
export interface TopHop {
  readonly hop: string
  readonly count: number
  readonly meanMs: number
  readonly usualMs: number | null
  readonly p50Ms: number | null
  readonly p95Ms: number | null
  /** of the time that jobs spent in all hops, 0..1 */
  readonly share: number
}

/** A pool in the last minutes. What is not known is null, never zero. */
export interface TopPool {
  readonly pool: string
  readonly offeredPerSecond: number | null
  readonly servedPerSecond: number | null
  readonly forecast: { readonly expected: number; readonly low: number; readonly high: number } | null
  readonly count: {
    readonly asked: number | null
    readonly running: number | null
    readonly ready: number | null
    readonly min: number
    readonly max: number
  }
  /** jobs that no worker has yet, and how long the oldest has been there */
  readonly waiting: number | null
  readonly oldestMs: number | null
  readonly p50Ms: number | null
  readonly p95Ms: number | null
  readonly p99Ms: number | null
  /** of the requests for checks that were answered, 0..1 */
  readonly errorRatio: number | null
  readonly refusedRatio: number | null
  readonly batchSize: number | null
  readonly busyRatio: number | null
  /** which hop holds its jobs up, in one line */
  readonly bottleneck: string
  /** what people and windows say, and why what is shown may not be so */
  readonly notes: readonly string[]
  readonly hops: readonly TopHop[]
}

/** Everything `./muster top` shows. */
export interface TopFacts {
  /** epoch ms */
  readonly at: number
  readonly pools: readonly TopPool[]
  /** of nodes by how they are, those there are (count) */
  readonly nodes: Readonly<Partial<Record<NodeState, number>>>
  /** machines that people should look at, in words */
  readonly ailing: readonly string[]
}

const MINUTE_MS = 60_000
/** Of so long waits and hops are shown: some jobs of a quiet pool, and what is over is soon over. */
export const WINDOW_MS = 5 * MINUTE_MS
/** The minute that is not over is not all told yet: it is left out once there is one that is. */
const TOLD_MS = 10_000

/** Nobody reads more digits. */
const rounded = (value: number, digits: number): number => Number(value.toFixed(digits))
const orNull = (value: number | undefined, digits = 1): number | null =>
  value === undefined ? null : rounded(value, digits)
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** The last whole minute that all processes have told of. @param now epoch ms */
export const rateMinute = (now: number): number => Math.floor((now - TOLD_MS) / MINUTE_MS) * MINUTE_MS - MINUTE_MS

const ERRORS = ['service-fault', 'expired', 'error']

const ratiosOf = (sums: Sums): Pick<TopPool, 'errorRatio' | 'refusedRatio'> => {
  const answered = countsUnder(sums, 'answered')
  const total = sum(Object.values(answered))
  if (total === 0) return { errorRatio: null, refusedRatio: null }
  const errors = sum(ERRORS.map((name) => answered[name] ?? 0))
  return { errorRatio: rounded(errors / total, 4), refusedRatio: rounded((answered.refused ?? 0) / total, 4) }
}

const toHops = (sums: Sums, { hops: judged }: Pick<Evidence, 'hops'>): readonly TopHop[] => {
  const all = hopsOf(sums)
  const total = sum(all.map(([, one]) => one.total))
  return all.map(([hop, one]) => ({
    ...{ hop, count: one.count, meanMs: rounded(meanOf(one) ?? 0, 1) },
    usualMs: judged.find((other) => other.hop === hop)?.usualMs ?? null,
    ...{ p50Ms: orNull(withinOf(one, 0.5)), p95Ms: orNull(withinOf(one, 0.95)) },
    share: total > 0 ? rounded(one.total / total, 4) : 0,
  }))
}

const notesOf = ({ last, override, schedule }: PoolStatus, now: number): readonly string[] => [
  ...(override ? [sentenceOf(override)] : []),
  ...(schedule.by.length > 0 ? [`schedule: ${schedule.by.join(', ')}`] : []),
  ...(last === undefined || isStale(last, now) ? ['nobody looks at it: no autoscaler leads'] : []),
  ...(last && last.doubts.length > 0 ? [`in doubt: ${last.doubts.join('; ')}`] : []),
]

const forecastOf = (last: PoolStatus['last']): TopPool['forecast'] => {
  if (!last?.forecast) return null
  const { expected, low, high } = last.forecast
  return { expected: rounded(expected, 3), low: rounded(low, 3), high: rounded(high, 3) }
}

/** What was read of one pool. */
export interface PoolRead {
  readonly status: PoolStatus
  readonly bounds: CountBounds
  readonly minutes: readonly PoolMinute[]
  /** in the last whole minute (count); undefined = nothing is known of it */
  readonly offered: number | undefined
  readonly verdict: Parameters<typeof verdictLine>[0]
}

/** One pool as it is shown. Pure. @param now epoch ms */
export const toTopPool = ({ status, bounds, minutes, offered, verdict }: PoolRead, now: number): TopPool => {
  const { pool, last } = status
  const seen = last && !isStale(last, now) ? last.measurement : undefined
  const sums = mergeSums(minutes.map((one) => one.sums))
  const wait: Sum = sums.wait ?? NOTHING
  const whole = minutes.find(({ at }) => at === rateMinute(now))
  const served = whole && sum(Object.values(countsUnder(whole.sums, 'ended')))
  return {
    pool,
    offeredPerSecond: orNull(offered === undefined ? seen?.rate?.value : offered / 60, 3),
    servedPerSecond: served === undefined ? (offered === undefined ? null : 0) : rounded(served / 60, 3),
    forecast: seen ? forecastOf(last) : null,
    count: {
      ...{ asked: countOf(seen?.asked), running: countOf(seen?.running), ready: countOf(seen?.readyWorkers) },
      ...(last?.bounds ?? bounds),
    },
    ...{ waiting: countOf(seen?.waiting), oldestMs: countOf(seen?.oldestMs) },
    p50Ms: orNull(withinOf(wait, 0.5)),
    p95Ms: orNull(withinOf(wait, 0.95)),
    p99Ms: orNull(withinOf(wait, 0.99)),
    ...ratiosOf(sums),
    batchSize: orNull(sums.batch && meanOf(sums.batch)),
    busyRatio: orNull(saturationOf(sums).busy, 4),
    bottleneck: verdictLine(verdict, pool),
    notes: notesOf(status, now),
    hops: toHops(sums, verdict.evidence),
  }
}

const AILING: ReadonlySet<NodeState> = new Set(['silent', 'quarantined', 'draining', 'drained', 'degraded'])

/** How the machines are. Pure. */
export const toTopNodes = (fleet: FleetNodes): Pick<TopFacts, 'nodes' | 'ailing'> => {
  const nodes: Partial<Record<NodeState, number>> = {}
  const ailing: string[] = []
  for (const node of presentNodes(fleet)) {
    const state = nodeState(node, fleet.at)
    nodes[state] = (nodes[state] ?? 0) + 1
    if (AILING.has(state)) ailing.push(`${node.name} ${state}`)
  }
  return { nodes, ailing }
}

/** Read everything. @throws UnavailableError */
export const readFacts = async (fleet: FleetDatabase, now: number): Promise<TopFacts> => {
  const minute = rateMinute(now)
  const statuses = await fleet.readPools([...fleet.pools.keys()], now)
  const pools = await Promise.all(
    statuses.map(async (status) => {
      const { pool } = status
      const [minutes, demand, { verdict }] = await Promise.all([
        fleet.minutes.minutes(pool, rateMinute(now) + 2 * MINUTE_MS - WINDOW_MS, now, MINUTE_MS),
        fleet.demand.minutes(pool, minute, minute + MINUTE_MS),
        fleet.judge(pool),
      ])
      const told = demand.length > 0 || minutes.length > 0
      const offered = told ? sum(demand.map(({ offeredCount }) => offeredCount)) : undefined
      const bounds = fleet.pools.get(pool) ?? { min: 0, max: 0 }
      return toTopPool({ status, bounds, minutes, offered, verdict }, now)
    }),
  )
  return { at: now, pools, ...toTopNodes(await fleet.nodes.list(MOST_NODES)) }
}
