import type { Clock } from '../infra/ports/clock.ts'
import type { DemandCount, DemandStore } from '../infra/ports/demand-store.ts'
import type { Logger } from '../infra/ports/logger.ts'
import { repeat } from '../infra/runtime/repeat.ts'

const MINUTE_MS = 60_000
/** A minute that was told whole stays so long, for a clock that is set back. */
const KEEP_MS = 10 * MINUTE_MS

/**
 * What callers wanted of this process, by pool and minute: every well-formed check of a valid key, once, whether it was
 * taken or refused. Replays of an earlier request and invalid input are none.
 */
export interface Demand {
  /** a check was taken */
  taken(pool: string): void
  /** a check was sent away for now */
  refused(pool: string): void
}

/** Demand as it is counted, until it has been told. */
export interface DemandCounter extends Demand {
  /** totals of minutes that grew since they were told, oldest first */
  untold(): readonly DemandCount[]
  /** These have been told. What was counted meanwhile has not. */
  told(counts: readonly DemandCount[]): void
}

interface Tally {
  readonly pool: string
  readonly minute: number
  offeredCount: number
  refusedCount: number
  /** of `offeredCount`: grows with every check, so it tells whether anything did */
  toldCount: number
}

const keyOf = ({ pool, minute }: Pick<DemandCount, 'pool' | 'minute'>): string => `${minute} ${pool}`

/** Counts in memory: one look-up and one addition a check. */
export const createDemandCounter = (clock: Pick<Clock, 'now'>): DemandCounter => {
  const tallies = new Map<string, Tally>()
  /** of each pool the one of the present minute */
  const present = new Map<string, Tally>()

  const tallyOf = (pool: string): Tally => {
    const now = clock.now()
    const minute = now - (now % MINUTE_MS)
    const last = present.get(pool)
    if (last?.minute === minute) return last
    const known = tallies.get(keyOf({ pool, minute }))
    const tally = known ?? { pool, minute, offeredCount: 0, refusedCount: 0, toldCount: 0 }
    tallies.set(keyOf(tally), tally)
    present.set(pool, tally)
    return tally
  }

  return {
    taken(pool) {
      tallyOf(pool).offeredCount += 1
    },
    refused(pool) {
      const tally = tallyOf(pool)
      tally.offeredCount += 1
      tally.refusedCount += 1
    },
    untold: () =>
      [...tallies.values()]
        .filter(({ offeredCount, toldCount }) => offeredCount > toldCount)
        .map(({ pool, minute, offeredCount, refusedCount }) => ({ pool, minute, offeredCount, refusedCount }))
        .sort((a, b) => a.minute - b.minute),
    told(counts) {
      for (const count of counts) {
        const tally = tallies.get(keyOf(count))
        if (tally) tally.toldCount = Math.max(tally.toldCount, count.offeredCount)
      }
      for (const [key, { minute, offeredCount, toldCount }] of tallies)
        if (minute < clock.now() - KEEP_MS && offeredCount === toldCount) tallies.delete(key)
    },
  }
}

export interface TellDemandDeps {
  readonly counter: DemandCounter
  readonly store: Pick<DemandStore, 'put' | 'leave'>
  readonly clock: Pick<Clock, 'now'>
  readonly log: Logger
}

/**
 * Tells of demand every so often, also that there was none. While the database is away everything stays in memory.
 * @param source a name that no other process has or had
 */
export const startTellingDemand = (
  { counter, store, clock, log }: TellDemandDeps,
  { source, everyMs }: { readonly source: string; readonly everyMs: number },
): { stop(): Promise<void> } => {
  let failing = false
  const tell = async (): Promise<void> => {
    const counts = counter.untold()
    try {
      await store.put(source, counts, clock.now())
      counter.told(counts)
      if (failing) log.info({}, 'demand is told again')
      failing = false
    } catch (error) {
      if (!failing) log.warn({ error }, 'demand could not be told; it is kept until it can')
      failing = true
    }
  }
  const telling = repeat('demand', everyMs, log, tell)
  return {
    async stop() {
      await telling.stop()
      await tell()
      await store.leave(source).catch((error: unknown) => log.warn({ error }, 'leave could not be taken'))
    },
  }
}
