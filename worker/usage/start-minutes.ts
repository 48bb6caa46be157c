import type { Clock } from '../../infra/ports/clock.ts'
import type { Logger } from '../../infra/ports/logger.ts'
import type { MinuteStore } from '../../infra/ports/minute-store.ts'
import type { CountingMinutes } from '../../infra/runtime/count-minutes.ts'
import type { Lifecycle } from '../../infra/runtime/lifecycle.ts'
import type { WorkerConfig } from '../config.ts'
import { prefetchOf } from '../prefetch.ts'
import { createInHandTime, type InHandTime } from './in-hand.ts'

interface MinutesDeps {
  readonly minutes: CountingMinutes
  readonly store: Pick<MinuteStore, 'tell'>
  readonly clock: Pick<Clock, 'monotonic'>
  readonly log: Logger
}

/**
 * Tell from now on what this worker counts, and how far it is used.
 * @returns put it around the handling of deliveries
 */
export const startMinutes = (deps: MinutesDeps, config: WorkerConfig, life: Lifecycle): InHandTime['watch'] => {
  const { minutes, clock } = deps
  const room = {
    pool: config.WORKER_POOL,
    slotCount: prefetchOf(config).interactive,
    threadCount: config.WORKER_THREADS,
  }
  const inHand = createInHandTime({ tally: minutes.tally, clock }, room)
  minutes.tell(deps, { before: inHand.settle }, life)
  return inHand.watch
}
