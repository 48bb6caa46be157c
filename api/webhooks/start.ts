import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from '../../infra/ports/logger.ts'
import type { Metrics } from '../../infra/ports/metrics.ts'
import type { WebhookOutbox } from '../../infra/ports/webhook-outbox.ts'
import { repeat } from '../../infra/runtime/repeat.ts'
import type { Delivery } from './delivery.ts'

/** How late a call may be when nothing else stirs; one indexed look each time. */
const POLL_MS = 1_000
/** While calls end all the time: their places are filled in groups, not one by one. */
const GATHER_MS = 20
/** For calls under way when the process ends; who is not done by then is called again by another process. */
const DRAIN_MS = 5_000
const PURGE_MS = 600_000
const KEEP_MS = 30 * 86_400_000
const PURGE_LIMIT = 5_000

/** Delivering, in this process. */
export interface RunningDelivery {
  /** begins no further call, and waits a while for those under way */
  stop(): Promise<void>
}

/**
 * Call whoever is to be called, until stopped. Any number of processes may do so side by side: leases keep them apart.
 */
export const startDelivery = (
  delivery: Delivery,
  {
    outbox,
    log,
    metrics,
  }: { readonly outbox: Pick<WebhookOutbox, 'purge'>; readonly log: Logger; readonly metrics: Metrics },
): RunningDelivery => {
  const ended = new AbortController()
  const loop = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      const begunCount = await delivery.round().catch((error: unknown) => {
        log.warn({ error }, 'webhooks could not be looked up')
        return 0
      })
      // An ended call may have made room for the next one to the same receiver.
      await delivery.idle(POLL_MS, ended.signal)
      if (begunCount > 0) await pause(GATHER_MS, undefined, { signal: ended.signal }).catch(() => {})
    }
  }
  const running = loop()
  const purging = repeat('webhooks', PURGE_MS, log, async (signal) => {
    for (let purgedCount = PURGE_LIMIT; purgedCount >= PURGE_LIMIT && !signal.aborted; ) {
      purgedCount = await outbox.purge(KEEP_MS, PURGE_LIMIT)
      metrics.count('webhook_deliveries_purged', {}, purgedCount)
    }
  })
  return {
    async stop() {
      ended.abort()
      const waits = new AbortController()
      await Promise.all([running, purging.stop()])
      await Promise.race([delivery.settled(), pause(DRAIN_MS, undefined, { signal: waits.signal }).catch(() => {})])
      waits.abort()
    },
  }
}
