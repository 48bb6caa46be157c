import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { parsePools, poolOf } from '../domain/pools.ts'
import { TASK_NAMES } from '../domain/task.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { MinuteStore } from '../ports/minute-store.ts'
import type { Lifecycle } from './lifecycle.ts'
import { createMinuteTally, type MinuteTally } from './minute-tally.ts'
import { startTellingMinutes } from './tell-minutes.ts'

/** A process that counts what happens in its pools, by the minute. */
export interface CountingMinutes {
  /** the process's metrics: what use cases tell them is counted */
  readonly metrics: Metrics
  readonly tally: Pick<MinuteTally, 'spend'>
  /** Tell what is counted from now on, and at the end. @param before adds what is known only by looking */
  tell(
    deps: { readonly store: Pick<MinuteStore, 'tell'>; readonly log: Logger },
    options: { readonly before?: () => void },
    life: Lifecycle,
  ): void
}

const countingNone = (own: Metrics): CountingMinutes => ({ metrics: own, tally: { spend: () => {} }, tell: () => {} })

/** More often is no use to anybody, and a burden to the database. */
const LEAST_MS = 100

/**
 * Begin to count.
 * @param own metrics without that
 * @param config.MINUTES_FLUSH_MS how often it is told; 0 = nothing is counted
 */
export const countMinutes = (
  own: Metrics,
  { POOLS: pools, MINUTES_FLUSH_MS: everyMs }: { readonly POOLS: string; readonly MINUTES_FLUSH_MS: number },
  clock: Pick<Clock, 'now'>,
): CountingMinutes => {
  if (everyMs === 0) return countingNone(own)
  const parsed = parsePools(pools)
  const byTask = new Map<string, string | undefined>(TASK_NAMES.map((task) => [task, poolOf(parsed, task)]))
  const shared = new Set(parsed.filter(({ tasks }) => tasks.length > 1).map(({ name }) => name))
  const tally = createMinuteTally(
    clock,
    (task) => byTask.get(task),
    (pool) => shared.has(pool),
  )
  return {
    metrics: tally.tap(own),
    tally,
    tell({ store, log }, { before }, life) {
      const source = `${hostname()}/${randomUUID()}`
      const options = { source, everyMs: Math.max(LEAST_MS, everyMs), ...(before && { before }) }
      const telling = startTellingMinutes({ tally, store, clock, log }, options)
      life.onStop('minutes', () => telling.stop())
    },
  }
}
