import type { Clock } from '../../infra/ports/clock.ts'
import type { MinuteTally } from '../../infra/runtime/minute-tally.ts'
import type { HandleDelivery } from '../handle-delivery.ts'

/** How far this worker is used: what it has in hand, against what it could have. */
export interface InHandTime {
  /** the same, counted while it lasts */
  watch(handle: HandleDelivery): HandleDelivery
  /** hands on what went by since the last time */
  settle(): void
}

/** What a worker can have in hand, and what it runs on. */
export interface WorkerRoom {
  readonly pool: string
  /** deliveries of callers who wait (count) */
  readonly slotCount: number
  readonly threadCount: number
}

/** A machine that slept was not there. */
const MOST_MS = 60_000

/** Builds it; the worker is there from now on. */
export const createInHandTime = (
  { tally, clock }: { readonly tally: Pick<MinuteTally, 'spend'>; readonly clock: Pick<Clock, 'monotonic'> },
  { pool, slotCount, threadCount }: WorkerRoom,
): InHandTime => {
  let [inHandCount, since, settledAt] = [0, clock.monotonic(), clock.monotonic()]
  let [busyMs, inHandMs] = [0, 0]

  const goOn = (): void => {
    const now = clock.monotonic()
    const ms = Math.min(MOST_MS, now - since)
    since = now
    if (inHandCount === 0) return
    busyMs += ms
    inHandMs += ms * inHandCount
  }

  return {
    watch: (handle) => async (delivery) => {
      goOn()
      inHandCount += 1
      try {
        await handle(delivery)
      } finally {
        goOn()
        inHandCount -= 1
      }
    },
    settle() {
      goOn()
      const presentMs = Math.min(MOST_MS, since - settledAt)
      settledAt = since
      tally.spend(pool, 'present', presentMs)
      tally.spend(pool, 'busy', busyMs)
      tally.spend(pool, 'in-hand', inHandMs)
      tally.spend(pool, 'slots', presentMs * slotCount)
      tally.spend(pool, 'threads', presentMs * threadCount)
      busyMs = 0
      inHandMs = 0
    },
  }
}
