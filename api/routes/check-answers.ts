import type { FastifyRequest } from 'fastify'
import type { Answered } from '../../infra/domain/answered.ts'
import type { Job } from '../../infra/domain/job.ts'
import { codeOf, PROBLEMS, type ProblemCode } from '../../infra/http/problem.ts'
import { toAppError } from '../../infra/http/request-errors.ts'
import type { Clock } from '../../infra/ports/clock.ts'
import type { Metrics } from '../../infra/ports/metrics.ts'

/** Whoever has no key for a check did not ask for one. */
const KEY_REFUSED: ReadonlySet<ProblemCode> = new Set(['UNAUTHENTICATED', 'FORBIDDEN', 'TOO_MANY_FAILURES'])
const OVER_QUOTA: ReadonlySet<ProblemCode> = new Set(['RATE_LIMITED', 'TOO_MANY_IN_FLIGHT'])

/** @param waited somebody waited for the outcome here */
const answeredBy = ({ state, error }: Pick<Job, 'state' | 'error'>, waited: boolean): Answered => {
  switch (state) {
    case 'succeeded':
    case 'expired':
    case 'canceled':
      return state
    case 'failed':
      return error?.fault === 'caller' ? 'caller-fault' : 'service-fault'
    default:
      return waited ? 'waiting' : 'accepted'
  }
}

/** How an error answers a request for a check; undefined = it was none. */
const answeredWith = (error: unknown): Answered | undefined => {
  const code = codeOf(toAppError(error))
  const { status } = PROBLEMS[code]
  if (KEY_REFUSED.has(code)) return undefined
  if (OVER_QUOTA.has(code)) return 'over-quota'
  if (status === 429 || status === 503) return 'refused'
  return status >= 500 ? 'error' : 'invalid'
}

/** Tells how requests for checks were answered, and how long that took. */
export interface CheckAnswers {
  /** the answer is this job @param waited somebody waited for its outcome here */
  job(request: FastifyRequest, job: Pick<Job, 'state' | 'error'>, waited: boolean): void
  /** the answer is this error, whatever it was to be before */
  error(request: FastifyRequest, error: unknown): void
  /** The answer has gone out. A caller who went away before had none. */
  sent(request: FastifyRequest): void
}

/** Builds it for one task: a note at the answer, an observation once it has gone out. */
export const createCheckAnswers = (
  task: string,
  { metrics, clock }: { readonly metrics: Pick<Metrics, 'check'>; readonly clock: Pick<Clock, 'monotonic'> },
): CheckAnswers => {
  const answers = new WeakMap<FastifyRequest, Answered>()
  return {
    job: (request, job, waited) => void answers.set(request, answeredBy(job, waited)),
    error(request, error) {
      const answered = answeredWith(error)
      if (answered) answers.set(request, answered)
      else answers.delete(request)
    },
    sent(request) {
      const answered = answers.get(request)
      if (answered) metrics.check(task, answered, clock.monotonic() - request.muster.startedAt)
    },
  }
}
