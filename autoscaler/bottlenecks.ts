import { type BottleneckFacts, bottleneckOf, type Verdict } from '../infra/domain/bottleneck.ts'
import { mergeSums } from '../infra/domain/pool-minute.ts'
import { type Usual, usualOf } from '../infra/domain/usual.ts'
import type { Clock } from '../infra/ports/clock.ts'
import type { DecisionStore } from '../infra/ports/decision-store.ts'
import type { MinuteStore } from '../infra/ports/minute-store.ts'
import { isStale } from './pool-status.ts'

/** What was seen of a pool in some minutes, and what it says. Instants are epoch ms. */
export interface JudgedPool {
  readonly pool: string
  readonly since: number
  readonly until: number
  readonly verdict: Verdict
}

/** Which hop holds a pool's jobs up now. @throws UnavailableError */
export type JudgePool = (pool: string) => Promise<JudgedPool>

export interface JudgeDeps {
  readonly minutes: Pick<MinuteStore, 'minutes'>
  readonly decisions: Pick<DecisionStore, 'list'>
  readonly clock: Pick<Clock, 'now'>
}

/** What is judged, and by what; all in ms. */
export interface JudgeSpans {
  /** what is judged: the last so long */
  readonly windowMs: number
  /** what is usual is what the so long before were */
  readonly usualMs: number
  /** a median is of the means of so long each */
  readonly stepMs: number
}

const MINUTE_MS = 60_000
/** Long enough for some jobs of a quiet pool, short enough that what is over is over. */
export const JUDGE_SPANS: JudgeSpans = { windowMs: 5 * MINUTE_MS, usualMs: 6 * 60 * MINUTE_MS, stepMs: 5 * MINUTE_MS }
/** What is usual changes slowly, and is many rows. */
const USUAL_FRESH_MS = 5 * MINUTE_MS

/** Builds it on what the processes told; it reads only, so any process may ask. */
export const createJudgePool = (
  { minutes, decisions, clock }: JudgeDeps,
  { windowMs, usualMs, stepMs }: JudgeSpans = JUDGE_SPANS,
): JudgePool => {
  const known = new Map<string, { readonly at: number; readonly usual: Usual }>()

  const usualUntil = async (pool: string, until: number): Promise<Usual> => {
    const last = known.get(pool)
    if (last && Math.abs(until - last.at) < Math.min(USUAL_FRESH_MS, usualMs)) return last.usual
    const usual = usualOf(await minutes.minutes(pool, until - usualMs, until, stepMs, 'tasks'))
    known.set(pool, { at: until, usual })
    return usual
  }

  /** What the last look of whoever leads saw; nothing where nobody looks. */
  const seenBy = async (pool: string, now: number): Promise<Pick<BottleneckFacts, 'waiting' | 'readyWorkers'>> => {
    const [last] = await decisions.list({ pool, limit: 1 })
    if (!last || isStale(last, now)) return { waiting: undefined, readyWorkers: undefined }
    const { waiting, readyWorkers } = last.measurement
    return { waiting: waiting?.value, readyWorkers: readyWorkers?.value }
  }

  return async (pool) => {
    const until = clock.now()
    const since = until - windowMs
    const [happened, usual, seen] = await Promise.all([
      minutes.minutes(pool, since, until, MINUTE_MS, 'tasks'),
      usualUntil(pool, since),
      seenBy(pool, until),
    ])
    const each = happened.map((one) => one.sums)
    const facts = { sums: mergeSums(each), ...(each.length > 0 && { minutes: each }), usual, ...seen }
    return { pool, since, until, verdict: bottleneckOf(facts) }
  }
}
