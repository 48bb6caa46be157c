import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Lane } from '../../infra/domain/task.ts'
import { principalOf } from '../../infra/http/request-context.ts'
import { OverloadedError, type QuotaExceededError, RequestError } from '../../infra/http/request-error.ts'
import type { JobStore } from '../../infra/ports/job-store.ts'
import type { AdmitJob, Place } from '../admit-job.ts'
import { announcedBytes, type BodyBudget } from '../body-budget.ts'
import type { Submission, SubmitJob, Submitted } from '../submit-job.ts'
import { idempotencyKeyOf, waitingOf } from './check-headers.ts'

/** What deciding who gets in needs. */
export interface GateDeps {
  readonly admitJob: AdmitJob
  readonly submitJob: SubmitJob
  readonly jobs: Pick<JobStore, 'knows'>
  readonly bodies: BodyBudget
}

/** What a route lets in. */
export interface GateRules {
  readonly pool: string
  readonly bodyLimit: number
  /** by lane: what a job is judged by that brings no deadline of its own */
  readonly deadlineMs: Readonly<Record<Lane, number>>
}

/** A request without its place. */
export type Unplaced = Omit<Submission, 'place'>

/** Who gets in, from a request's first line until its job is made. */
export interface Gate {
  /** Before a byte of the body is read: refusing must stay cheap when there is too much of everything. */
  admit(request: FastifyRequest, reply: FastifyReply): Promise<void>
  /** The body has been read: make the job, or join the one that an earlier request made. */
  submit(request: FastifyRequest, submission: Unplaced): Promise<Submitted>
  /** The request is over, or its caller has gone. */
  leave(request: FastifyRequest): void
}

/** How a request stands whose body is read. */
interface Standing {
  /** its place, or the refusal that what its body says may still change */
  verdict: Place | OverloadedError | QuotaExceededError
  readonly freeBody: () => void
}

const tooLarge = (): RequestError => new RequestError('BODY_TOO_LARGE', 'the body is larger than this call takes')

/** One gate a route. */
export const createGate = (
  { admitJob, submitJob, jobs, bodies }: GateDeps,
  { pool, bodyLimit, deadlineMs }: GateRules,
): Gate => {
  const standings = new WeakMap<FastifyRequest, Standing>()

  const isRepetition = async (request: FastifyRequest): Promise<boolean> => {
    const key = idempotencyKeyOf(request)
    return key !== undefined && jobs.knows(principalOf(request).tenant, key).catch(() => false)
  }

  /** A deadline longer than the lane's stands in the body. A repetition makes no job. A rate is a rate. */
  const mayStillPass = async (
    request: FastifyRequest,
    refusal: OverloadedError | QuotaExceededError,
  ): Promise<boolean> => {
    if (refusal instanceof OverloadedError && bodies.ample()) return true
    return refusal.code !== 'RATE_LIMITED' && isRepetition(request)
  }

  const submitRefused = async (
    standing: Standing,
    refusal: OverloadedError | QuotaExceededError,
    submission: Unplaced,
  ): Promise<Submitted> => {
    const joined = await submitJob.join(submission)
    if (joined) return joined
    const { tenant, lane, common } = submission
    const isLonger = common.deadlineMs !== undefined && common.deadlineMs > deadlineMs[lane]
    if (!(refusal instanceof OverloadedError) || !isLonger) throw refusal
    const { verdict } = await admitJob(tenant, pool, lane, common.deadlineMs)
    if (verdict instanceof Error) throw verdict
    standing.verdict = verdict
    return submitJob.submit({ ...submission, place: verdict })
  }

  return {
    async admit(request, reply) {
      idempotencyKeyOf(request)
      if (Number(request.headers['content-length']) > bodyLimit) throw tooLarge()
      const freeBody = bodies.take(announcedBytes(request.headers, bodyLimit))
      try {
        const { headers, verdict } = await admitJob(principalOf(request).tenant, pool, waitingOf(request).lane)
        reply.headers(headers)
        if (verdict instanceof Error && !(await mayStillPass(request, verdict))) throw verdict
        standings.set(request, { verdict, freeBody })
      } catch (error) {
        freeBody()
        throw error
      }
    },
    async submit(request, submission) {
      const standing = standings.get(request)
      if (!standing) throw new Error('a check must be admitted before it is submitted')
      const { verdict, freeBody } = standing
      try {
        if (verdict instanceof Error) return await submitRefused(standing, verdict, submission)
        return await submitJob.submit({ ...submission, place: verdict })
      } finally {
        // Whoever waits for the outcome holds no body any more.
        request.body = undefined
        freeBody()
      }
    },
    leave(request) {
      const standing = standings.get(request)
      standing?.freeBody()
      if (standing && !(standing.verdict instanceof Error)) standing.verdict.giveBack()
    },
  }
}
