import type { FastifyInstance } from 'fastify'
import { type Bucket, retryAfter, takeToken } from '../infra/domain/fair-share.ts'
import { QuotaExceededError } from '../infra/http/request-error.ts'
import type { Clock } from '../infra/ports/clock.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** what a call takes from the bucket of its key; 1 unless told (count) */
    weight?: number
  }
}

/** Of a call that reads hours or days: it costs the database and this process as much as many others. */
export const SPAN_WEIGHT = 10

/**
 * What a key may ask of a process, each of which counts for itself. A page of one pool, looked at, asks for 3 a second and
 * 40 when it opens; a key may have 20 of them. A loop is slowed down to six spans a second, which the leader, who shares
 * connections and processor with it, does not notice.
 */
export const KEY_BUCKET: Bucket = { ratePerSecond: 60, burstCount: 600 }

/** Keys that are remembered at once: those of one tenant. The oldest goes first, and begins with a full bucket again. */
const MAX_KEYS = 1_000

/**
 * Refuse keys that ask too much, in this process alone: the autoscaler works while Redis is away.
 * Call it behind what finds out whose key it is, and before any route.
 */
export const limitKeys = (
  app: FastifyInstance,
  { clock }: { readonly clock: Pick<Clock, 'monotonic'> },
  { ratePerSecond, burstCount }: Bucket = KEY_BUCKET,
): void => {
  /** by key id, the instants from which buckets are full again */
  const buckets = new Map<string, number>()
  app.addHook('onRequest', async ({ muster: { principal }, routeOptions }) => {
    if (!principal) return
    const { keyId } = principal
    // A bucket of a tenth, of which one is taken, is the same as the whole of which ten are.
    const weight = routeOptions.config.weight ?? 1
    const bucket = { ratePerSecond: ratePerSecond / weight, burstCount: burstCount / weight }
    const { fullAt, retryAfterMs } = takeToken(bucket, buckets.get(keyId), clock.monotonic())
    if (retryAfterMs > 0) throw new QuotaExceededError('RATE_LIMITED', 'requests', retryAfter(retryAfterMs))
    buckets.delete(keyId)
    const [oldest] = buckets.size >= MAX_KEYS ? buckets.keys() : []
    if (oldest !== undefined) buckets.delete(oldest)
    buckets.set(keyId, fullAt)
  })
}
