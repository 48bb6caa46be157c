import { retryAfter, takeToken, tokensIn } from '../infra/domain/fair-share.ts'
import { isFinal } from '../infra/domain/job.ts'
import type { Completion } from '../infra/domain/message.ts'
import type { Clock } from '../infra/ports/clock.ts'
import type { Admission, AdmitRequest, RefusalReason } from '../infra/ports/dispatcher.ts'
import { admit } from './admission.ts'
import type { LoadMeter } from './load-meter.ts'

/** Tenants whose buckets are remembered at once; the oldest goes first, and begins with a full one again. */
const MAX_BUCKETS = 10_000

/** What this process alone can say of a request: the judge while the dispatcher is away. */
export interface LocalLimit {
  admit(request: AdmitRequest): Admission
  /** somebody waits here for the job */
  submitted(jobId: string, tenant: string, pool: string): void
  completed(completion: Completion): void
}

/**
 * Rates, jobs in flight and the predicted wait, by what this process has seen: each replica grants a tenant's quota of its
 * own, and knows the ends of those jobs only that somebody waits for here.
 */
export const createLocalLimit = (
  { meter, clock }: { readonly meter: LoadMeter; readonly clock: Clock },
  maxDepthCount: number,
): LocalLimit => {
  const buckets = new Map<string, number>()
  const tenants = new Map<string, string>()
  const inFlight = new Map<string, number>()

  const keep = (tenant: string, fullAt: number): void => {
    buckets.delete(tenant)
    const [oldest] = buckets.size >= MAX_BUCKETS ? buckets.keys() : []
    if (oldest !== undefined) buckets.delete(oldest)
    buckets.set(tenant, fullAt)
  }

  const change = (tenant: string, by: number): void => {
    const count = (inFlight.get(tenant) ?? 0) + by
    if (count > 0) inFlight.set(tenant, count)
    else inFlight.delete(tenant)
  }

  return {
    admit({ tenant, pool, lane, deadlineMs, settings }) {
      const now = clock.monotonic()
      const { remainingCount, untilFullMs } = tokensIn(settings, buckets.get(tenant), now)
      const inFlightCount = inFlight.get(tenant) ?? 0
      const quota = { remainingCount, untilFullMs, inFlightCount }
      const refuse = (reason: RefusalReason, ms: number): Admission => ({
        ...{ kind: 'refuse', reason, quota },
        retryAfterMs: retryAfter(ms),
      })
      const token = takeToken(settings, buckets.get(tenant), now)
      if (token.retryAfterMs > 0) return refuse('rate', token.retryAfterMs)
      if (inFlightCount >= settings.maxInFlightCount) return refuse('in-flight', 0)
      const admission = admit(meter.load(pool, lane), deadlineMs, maxDepthCount)
      if (admission.kind === 'refuse') return refuse('wait', admission.retryAfterMs)
      keep(tenant, token.fullAt)
      const taken = { remainingCount: token.remainingCount, untilFullMs: token.untilFullMs }
      return { kind: 'accept', waitMs: undefined, quota: { ...taken, inFlightCount: inFlightCount + 1 } }
    },
    submitted(jobId, tenant, pool) {
      meter.submitted(jobId, pool)
      tenants.set(jobId, tenant)
      change(tenant, 1)
    },
    completed(completion) {
      meter.completed(completion)
      const tenant = isFinal(completion.state) ? tenants.get(completion.id) : undefined
      if (tenant === undefined) return
      tenants.delete(completion.id)
      change(tenant, -1)
    },
  }
}
