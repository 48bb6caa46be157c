import type { Lane } from '../infra/domain/task.ts'
import type { Consumer, Delivery, JobQueue } from '../infra/ports/job-queue.ts'
import type { Logger } from '../infra/ports/logger.ts'
import type { HandleDelivery } from './handle-delivery.ts'

export interface PoolWorkerOptions {
  readonly pool: string
  readonly queue: Pick<JobQueue, 'consume'>
  readonly handle: HandleDelivery
  readonly log: Logger
  /** unsettled deliveries at most, by lane */
  readonly prefetch: Readonly<Record<Lane, number>>
}

/** Consumes both lanes of one pool and knows what is in hand. */
export interface PoolWorker {
  /** both lanes have a live consumer */
  consuming(): boolean
  /** deliveries in hand */
  busyCount(): number
  /** the jobs they are about */
  jobIds(): readonly string[]
  /** Take no more. Resolves when nothing is in hand, or soon after `signal` fires: what is left is handed back then. */
  drain(signal: AbortSignal): Promise<void>
}

/** To hand back what is left is one statement and one frame; a database that does not answer is not waited for. */
const HAND_BACK_MS = 2_000

/** @throws UnavailableError when a queue cannot be consumed */
export const startPoolWorker = async ({
  pool,
  queue,
  handle,
  log,
  prefetch,
}: PoolWorkerOptions): Promise<PoolWorker> => {
  const inHand = new Map<Promise<void>, string | undefined>()
  let draining = false

  const onDelivery = (delivery: Delivery) => {
    // Sent by the broker before it read our cancel: untouched, so it costs nobody an attempt.
    if (draining) return delivery.handBack()
    const handled = handle(delivery).finally(() => inHand.delete(handled))
    inHand.set(handled, delivery.message?.id)
  }

  const consumers: Consumer[] = [
    await queue.consume(pool, 'interactive', prefetch.interactive, onDelivery),
    await queue.consume(pool, 'bulk', prefetch.bulk, onDelivery),
  ]

  return {
    consuming: () => !draining && consumers.every((consumer) => consumer.consuming()),
    busyCount: () => inHand.size,
    jobIds: () => [...inHand.values()].filter((id) => id !== undefined),
    async drain(signal) {
      draining = true
      await Promise.all(consumers.map((consumer) => consumer.cancel()))
      log.info({ inHandCount: inHand.size }, 'consumers canceled')
      const { promise: outOfTime, resolve } = Promise.withResolvers<void>()
      signal.addEventListener('abort', () => resolve(), { once: true })
      while (inHand.size > 0 && !signal.aborted) await Promise.race([Promise.allSettled(inHand.keys()), outOfTime])
      if (inHand.size === 0) return
      // The connections end after this: a job that has not been given back by then counts as lost with its worker.
      const late = new Promise<void>((done) => setTimeout(done, HAND_BACK_MS).unref())
      await Promise.race([Promise.allSettled(inHand.keys()), late])
    },
  }
}
