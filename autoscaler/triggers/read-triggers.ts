import type { Clock } from '../../infra/ports/clock.ts'
import type { MetricQuery } from '../../infra/ports/metric-query.ts'
import { inTime } from '../read-signals.ts'
import type { TriggerBook } from './trigger-book.ts'
import type { TriggerAnswer, TriggerLook } from './trigger-look.ts'

/** What all triggers of a pool say now. */
export interface TriggersSeen {
  readonly looks: readonly TriggerLook[]
  /** why what counts is not what the file of triggers says now; undefined = it is */
  readonly problem: string | undefined
}

/** Asks for all triggers of a pool at once, each within its own time. Never throws: what is not answered is unknown. */
export type ReadTriggers = (pool: string) => Promise<TriggersSeen>

/** For an installation without triggers. */
export const noTriggers: ReadTriggers = async () => ({ looks: [], problem: undefined })

interface ReadTriggersDeps {
  readonly book: TriggerBook
  readonly query: MetricQuery
  readonly clock: Clock
}

/** As long as every other signal of a look has. */
const TIMEOUT_MS = 2_000
/** A file on a disk that hangs holds up no look: it counts from the next one on. */
const FILE_MS = 200

/** What lies behind a server that is away, as far as it may stand in a message. */
const causeOf = (error: unknown): string => {
  const { cause } = error instanceof Error ? error : {}
  return (cause instanceof Error ? cause.message : error instanceof Error ? error.message : 'no answer').slice(0, 100)
}

/** One query, now. */
export const askTrigger = async (
  { query: metrics, clock }: Pick<ReadTriggersDeps, 'query' | 'clock'>,
  query: string,
  timeoutMs = TIMEOUT_MS,
): Promise<TriggerAnswer> => {
  const at = clock.now()
  try {
    const answer = await inTime(() => metrics.read(query, at), timeoutMs)
    if (answer.kind === 'none') return answer
    // A cache may answer with what it knew a while ago.
    return { kind: 'value', value: answer.value, ageMs: Math.max(0, at - answer.at), warnings: answer.warnings }
  } catch (error) {
    return { kind: 'none', why: `Prometheus does not answer (${causeOf(error)})` }
  }
}

/** Builds what asks for the triggers of a pool. */
export const createReadTriggers =
  ({ book, query, clock }: ReadTriggersDeps, timeoutMs = TIMEOUT_MS): ReadTriggers =>
  async (pool) => {
    await inTime(() => book.look(), FILE_MS).catch(() => undefined)
    const looks = await Promise.all(
      book.of(pool).map(async (trigger) => ({
        trigger,
        answer: await askTrigger({ query, clock }, trigger.query, timeoutMs),
      })),
    )
    return { looks, problem: book.problem() }
  }
