import { v7 as uuidv7 } from 'uuid'
import { UnavailableError } from '../infra/domain/errors.ts'
import { surplusMs } from '../infra/domain/fair-share.ts'
import type { Lane } from '../infra/domain/task.ts'
import { OverloadedError, QuotaExceededError } from '../infra/http/request-error.ts'
import type { Admission, AdmitRequest, Dispatcher, RefusalReason } from '../infra/ports/dispatcher.ts'
import type { Metrics } from '../infra/ports/metrics.ts'
import type { LocalLimit } from './local-limit.ts'
import { POLICIES, quotaHeaders } from './quota-headers.ts'
import type { TenantSettingsOf } from './tenant-settings.ts'

/** A job's place from its admission on. */
export interface Place {
  /** the id the job is to have */
  readonly jobId: string
  readonly weight: number
  /** @throws OverloadedError when it could not be over by a deadline of the caller's own */
  check(deadlineMs: number): void
  /** the job exists: the place ends with it */
  keep(): void
  /** no job came of it; harmless later and twice */
  giveBack(): void
}

/** What a request is told before its body is read. */
export interface Admitted {
  /** for the answer, whatever it will be */
  readonly headers: Readonly<Record<string, string>>
  /** the error to answer with, or the place that was taken */
  readonly verdict: OverloadedError | QuotaExceededError | Place
}

/**
 * May this tenant make a job now? One round trip at most; without the dispatcher this process judges alone.
 * @param ownDeadlineMs the job's own, where it is known and longer than its lane's
 */
export type AdmitJob = (tenant: string, pool: string, lane: Lane, ownDeadlineMs?: number) => Promise<Admitted>

export interface AdmitDeps {
  readonly dispatcher: Pick<Dispatcher, 'admit'>
  readonly local: Pick<LocalLimit, 'admit'>
  /** tells the dispatcher of a job that will not be */
  readonly ended: (jobId: string) => void
  readonly settingsOf: TenantSettingsOf
  readonly metrics: Metrics
}

const refusal = (reason: RefusalReason, retryAfterMs: number): OverloadedError | QuotaExceededError => {
  if (reason === 'wait') return new OverloadedError(retryAfterMs)
  return reason === 'rate'
    ? new QuotaExceededError('RATE_LIMITED', POLICIES.rate, retryAfterMs)
    : new QuotaExceededError('TOO_MANY_IN_FLIGHT', POLICIES.inFlight, retryAfterMs)
}

/** @param deadlineMs by lane: what a job is judged by that brings no deadline of its own */
export const createAdmitJob = (
  { dispatcher, local, ended, settingsOf, metrics }: AdmitDeps,
  deadlineMs: Readonly<Record<Lane, number>>,
): AdmitJob => {
  const ask = async (request: AdmitRequest): Promise<Admission> => {
    try {
      return await dispatcher.admit(request)
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
      metrics.count('dispatcher_away', { reason: 'admit' })
      return local.admit(request)
    }
  }

  const placeOf = (jobId: string, weight: number, waitMs: number | undefined): Place => {
    let settled = false
    return {
      jobId,
      weight,
      check(ownDeadlineMs) {
        const surplus = surplusMs(waitMs, ownDeadlineMs)
        if (surplus > 0) throw new OverloadedError(surplus)
      },
      keep() {
        settled = true
      },
      giveBack() {
        if (!settled) ended(jobId)
        settled = true
      },
    }
  }

  return async (tenant, pool, lane, ownDeadlineMs = deadlineMs[lane]) => {
    const settings = await settingsOf(tenant)
    const jobId = uuidv7()
    const admission = await ask({ jobId, tenant, pool, lane, deadlineMs: ownDeadlineMs, settings })
    const headers = quotaHeaders(settings, admission.quota)
    if (admission.kind === 'refuse') return { headers, verdict: refusal(admission.reason, admission.retryAfterMs) }
    return { headers, verdict: placeOf(jobId, settings.weight, admission.waitMs) }
  }
}
