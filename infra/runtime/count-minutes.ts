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
    options: { readonly everyMs: number; readonly before?: () => void },
    life: Lifecycle,
  ): void
}

/** Begin to count. @param pools as POOLS has them @param own metrics without that */
export const countMinutes = (own: Metrics, pools: string, clock: Pick<Clock, 'now'>): CountingMinutes => {
  const parsed = parsePools(pools)
  const byTask = new Map<string, string | undefined>(TASK_NAMES.map((task) => [task, poolOf(parsed, task)]))
  const tally = createMinuteTally(clock, (task) => byTask.get(task))
  return {
    metrics: tally.tap(own),
    tally,
    tell({ store, log }, options, life) {
      const source = `${hostname()}/${randomUUID()}`
      const telling = startTellingMinutes({ tally, store, clock, log }, { source, ...options })
      life.onStop('minutes', () => telling.stop())
    },
  }
}
