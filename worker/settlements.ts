import type { Job } from '../infra/domain/job.ts'
import type { JobMessage } from '../infra/domain/message.ts'
import type { Clock } from '../infra/ports/clock.ts'
import type { DeadReason, Delivery, JobQueue } from '../infra/ports/job-queue.ts'
import type { Finish, JobStore, Lease } from '../infra/ports/job-store.ts'
import type { Logger } from '../infra/ports/logger.ts'
import type { Metrics } from '../infra/ports/metrics.ts'
import type { ResultCache } from '../infra/ports/result-cache.ts'
import { persist } from './persist.ts'
import type { WithdrawnAt } from './settle.ts'
import type { Turns } from './turns.ts'

export interface SettleDeps {
  readonly jobs: Pick<JobStore, 'finish' | 'release' | 'markPublished'>
  readonly queue: Pick<JobQueue, 'retry' | 'deadLetter' | 'complete'>
  readonly cache: Pick<ResultCache, 'put'>
  /** told of every job that is over; undefined = messages go without turns */
  readonly turns?: Pick<Turns, 'ended'>
  readonly metrics: Metrics
  readonly clock: Clock
  readonly log: Logger
}

/**
 * The ways a delivery can end. Each acks only once what the message stands for is written down elsewhere: an outcome, a
 * confirmed retry, a confirmed dead letter. Each keeps trying while a server is away, until the signal fires.
 * A job that is no longer ours is mostly over, or another's who has a message of his own. But a database that crashed may
 * have undone our claim, and then this message is all that the broker knows of a queued job: so it goes round once more,
 * and the next claim decides.
 */
export interface Settlements {
  /** write the outcome, wake the caller */
  finish(delivery: Delivery, message: JobMessage, outcome: Finish): Promise<void>
  /** the job back to the queue for another attempt, spent */
  retryJob(delivery: Delivery, message: JobMessage, lease: Lease): Promise<void>
  /** only the message, later: somebody else holds the job */
  retryMessage(delivery: Delivery, message: JobMessage): Promise<void>
  /** the job was withdrawn before it ran: where its caller did it, it ends here */
  letGo(delivery: Delivery, message: JobMessage, lease: Lease, at: WithdrawnAt): Promise<void>
  /** the row is `canceled` now: wake the caller. @param at how far it had come; `run`: to the model, or past it */
  endCanceled(delivery: Delivery, message: JobMessage, at: WithdrawnAt | 'run' | 'worker-gone'): void
  park(delivery: Delivery, reason: DeadReason): Promise<void>
  /** the job ended some other way: wake its caller, give its place to the next */
  tell(delivery: Delivery, job: Pick<Job, 'id' | 'state'>): void
  /** nobody waits for it, and it needs no place */
  forget(message: JobMessage): void
  /** the drain's time is up: the job as if it had never started, the message back */
  handBack(delivery: Delivery, message: JobMessage, lease: Lease): Promise<void>
}

/** Tells whoever waits for a job, and whoever waits for its place. */
const createTelling = ({ queue, turns, metrics, log }: SettleDeps) => {
  const wake = ({ replyTo }: Delivery, { id, state }: Pick<Job, 'id' | 'state'>): void => {
    if (replyTo !== undefined) queue.complete(replyTo, { id, state })
  }

  const tell: Settlements['tell'] = (delivery, job) => {
    wake(delivery, job)
    turns?.ended(job.id, false)
  }

  const endCanceled: Settlements['endCanceled'] = (delivery, { id, task }, at) => {
    metrics.count('jobs_canceled', { task, reason: at })
    metrics.count('jobs_finished', { task, reason: 'canceled' })
    log.info({ jobId: id, at }, 'job canceled')
    tell(delivery, { id, state: 'canceled' })
    delivery.ack()
  }

  return { wake, tell, endCanceled }
}

/** The way that ends with the outcome in the row. */
const createFinish = (
  { jobs, cache, turns, metrics, clock, log }: SettleDeps,
  giveUp: AbortSignal,
  { wake, endCanceled }: Pick<ReturnType<typeof createTelling>, 'wake' | 'endCanceled'>,
  publishLater: (delivery: Delivery, message: JobMessage, reason: string) => Promise<void>,
): Settlements['finish'] => {
  return async (delivery, message, outcome) => {
    const start = clock.monotonic()
    const finished = await persist(() => jobs.finish(outcome), giveUp)
    if (finished.kind === 'fenced') {
      metrics.count('finishes_fenced', {})
      log.warn({ jobId: outcome.id, attempt: outcome.attempt }, 'outcome dropped: the job was no longer ours')
      return publishLater(delivery, message, 'fenced')
    }
    if (finished.kind === 'canceled') return endCanceled(delivery, message, 'run')
    const { job } = finished
    metrics.hop('write', job.task, clock.monotonic() - start)
    metrics.count('jobs_finished', { task: job.task, reason: job.error?.code ?? job.state })
    // Not awaited: a slow cache must not hold up the answer. The api reads the row when it comes first.
    void cache.put(job)
    wake(delivery, job)
    turns?.ended(job.id, outcome.timings.inferMs !== undefined)
    delivery.ack()
  }
}

/** @param giveUp fires when the drain's grace is over */
export const createSettlements = (deps: SettleDeps, giveUp: AbortSignal): Settlements => {
  const { jobs, queue, turns, metrics, log } = deps
  const telling = createTelling(deps)
  const { tell, endCanceled } = telling

  const publishLater = async (delivery: Delivery, message: JobMessage, reason: string) => {
    const { pool, replyTo } = delivery
    const publish = { message, pool, ...(replyTo === undefined ? {} : { replyTo }) }
    await persist(() => queue.retry(publish, message.attempt), giveUp)
    metrics.count('messages_retried', { task: message.task, reason })
    delivery.ack()
  }

  return {
    tell,
    forget: ({ id }) => turns?.ended(id, false),
    endCanceled,
    finish: createFinish(deps, giveUp, telling, publishLater),
    async retryJob(delivery, message, lease) {
      const released = await persist(() => jobs.release(lease, true), giveUp)
      if (released === 'fenced') return publishLater(delivery, message, 'fenced')
      if (released === 'canceled') return endCanceled(delivery, message, 'run')
      await publishLater(delivery, { ...message, attempt: lease.attempt }, 'run-failed')
      // Best effort: without the mark the reconciler publishes once more, and the claim makes that harmless.
      await jobs.markPublished([lease.id]).catch(() => {})
    },
    retryMessage: (delivery, message) => publishLater(delivery, message, 'leased'),
    async letGo(delivery, message, lease, at) {
      const released = await persist(() => jobs.release(lease, false), giveUp)
      if (released === 'canceled') return endCanceled(delivery, message, at)
      // Somebody else has it, or it may run after all: the row knows, and the next claim asks it.
      await publishLater(delivery, message, released === 'fenced' ? 'fenced' : 'withdrawn')
    },
    async park(delivery, reason) {
      await persist(() => queue.deadLetter(delivery, reason), giveUp)
      metrics.count('messages_dead', { reason })
      log.warn({ jobId: delivery.message?.id, reason }, 'message parked as a dead letter')
      delivery.ack()
    },
    async handBack(delivery, message, lease) {
      const released = await jobs
        .release(lease, false)
        .catch((error: unknown) => log.warn({ jobId: lease.id, error }, 'not released'))
      if (released === 'canceled') endCanceled(delivery, message, 'run')
      else delivery.handBack()
    },
  }
}
