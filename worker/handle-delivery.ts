import { setTimeout as pause } from 'node:timers/promises'
import type { Timings } from '../infra/domain/job.ts'
import { type JobMessage, MESSAGE_VERSION } from '../infra/domain/message.ts'
import { outcome } from '../infra/domain/outcomes.ts'
import type { Delivery } from '../infra/ports/job-queue.ts'
import type { Claim, Finish, JobStore } from '../infra/ports/job-store.ts'
import type { LeaseKeeper } from './lease-keeper.ts'
import { persist } from './persist.ts'
import type { RunJob } from './run-job.ts'
import { JobWithdrawnError, settle } from './settle.ts'
import { createSettlements, type SettleDeps, type Settlements } from './settlements.ts'

export interface HandleDeps extends SettleDeps {
  readonly jobs: SettleDeps['jobs'] & Pick<JobStore, 'claim'>
  readonly leases: LeaseKeeper
  readonly runJob: RunJob
}

export interface HandleConfig {
  readonly workerId: string
  readonly leaseMs: number
  /** least wait before another attempt */
  readonly retryDelayMs: number
}

/** When to give up on a server that is away, or on a job that takes long. */
export interface Patience {
  /** fires when the drain begins: what has not been claimed goes back untouched */
  readonly toClaim: AbortSignal
  /** fires when the drain's grace is over */
  readonly toFinish: AbortSignal
}

/**
 * What this worker cannot deal with another one may: a newer message, a database that is a migration ahead. Meanwhile the
 * message must not spin: the broker hands it out again at once, and gives it up after so many times.
 */
const HAND_BACK_PAUSE_MS = 1_000

type Claimed = Extract<Claim, { kind: 'claimed' }>

export type HandleDelivery = (delivery: Delivery) => Promise<void>

const rejectOn = (signal: AbortSignal): Promise<never> => {
  const { promise, reject } = Promise.withResolvers<never>()
  promise.catch(() => {})
  if (signal.aborted) reject(signal.reason)
  else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  return promise
}

/**
 * A message that comes a second time tells that its first consumer has gone: its lease need not be waited for. Unless
 * this process has just lost its own connection too: a broker that restarts hands everything out again while those who
 * hold the jobs are well, and a job that is taken from them costs the model twice. Then the lease tells, as it is renewed.
 */
const provesLoss = ({ redelivered, reconnectedAt, receivedAt }: Delivery, leaseMs: number): boolean =>
  redelivered && (reconnectedAt === undefined || receivedAt - reconnectedAt > leaseMs)

/** @param claimMs how long the claim took */
type Run = (delivery: Delivery, message: JobMessage, claim: Claimed, claimMs: number) => Promise<void>

/** Runs a claimed job and settles its delivery by how it went. */
const createRun = (deps: HandleDeps, config: HandleConfig, settlements: Settlements, toFinish: AbortSignal): Run => {
  const { leases, runJob, clock, log } = deps
  const outOfTime = rejectOn(toFinish)

  return async (delivery, message, { job, attemptsLeft }, claimMs) => {
    const lease = { id: job.id, attempt: job.attempt }
    const startedAt = clock.monotonic()
    /** What the work itself cannot tell of the job's time. */
    const around = (timings: Timings): Pick<Finish, 'timings' | 'writeMs'> => {
      const endedAt = clock.monotonic()
      const told = message.commitMs !== undefined && { commitMs: message.commitMs }
      return {
        timings: { ...timings, ...told, claimMs, workMs: endedAt - startedAt },
        writeMs: () => clock.monotonic() - endedAt,
      }
    }
    const withdrawn = new AbortController()
    leases.hold(lease, () => withdrawn.abort())
    try {
      const { outcome: ended, afterwards } = await Promise.race([runJob(job, withdrawn.signal), outOfTime])
      const finish = { ...lease, ...ended, ...around(ended.timings) }
      await settlements.finish(delivery, message, finish).finally(afterwards)
    } catch (error) {
      if (toFinish.aborted) return await settlements.handBack(delivery, message, lease)
      if (error instanceof JobWithdrawnError) return await settlements.letGo(delivery, message, lease, error.at)
      const remainingMs = job.deadline - (job.startedAt ?? job.createdAt) - (clock.monotonic() - startedAt)
      const settlement = settle(error, attemptsLeft, remainingMs, config.retryDelayMs)
      log.warn({ jobId: job.id, attempt: job.attempt, error, settlement: settlement.kind }, 'run failed')
      if (settlement.kind === 'retry') return await settlements.retryJob(delivery, message, lease)
      const ended =
        settlement.kind === 'fail'
          ? ({ state: 'failed', error: settlement.error } as const)
          : ({ state: 'expired', error: outcome('DEADLINE_EXCEEDED') } as const)
      await settlements.finish(delivery, message, { ...lease, ...ended, result: null, models: [], ...around({}) })
    } finally {
      leases.letGo(lease)
    }
  }
}

/** What to do with a delivery, by what its claim was answered. */
const createAct = (settlements: Settlements, run: Run, { metrics }: Pick<HandleDeps, 'metrics'>) => {
  return async (delivery: Delivery, message: JobMessage, claim: Claim, claimMs: number): Promise<void> => {
    switch (claim.kind) {
      case 'claimed': {
        const { createdAt, startedAt, attempt } = claim.job
        // Bulk jobs may wait, and a later attempt waits from the job's beginning: for its retry, or for a person.
        const isHeldUp = message.lane === 'interactive' && attempt === 1
        metrics.hop('queue', message.task, (startedAt ?? createdAt) - createdAt, isHeldUp)
        return run(delivery, message, claim, claimMs)
      }
      case 'leased':
        return settlements.retryMessage(delivery, message)
      case 'finished':
        settlements.forget(message)
        return delivery.ack()
      case 'expired':
        settlements.tell(delivery, { id: message.id, state: 'expired' })
        return delivery.ack()
      case 'canceled':
        return settlements.endCanceled(delivery, message, 'worker-gone')
      case 'exhausted':
        settlements.tell(delivery, { id: message.id, state: 'failed' })
        return settlements.park(delivery, 'exhausted')
      case 'missing':
        settlements.forget(message)
        return settlements.park(delivery, 'missing')
    }
  }
}

/** One delivery from arrival to settlement: claim, run, finish, tell, ack. Never throws. */
export const createHandleDelivery = (deps: HandleDeps, config: HandleConfig, patience: Patience): HandleDelivery => {
  const { jobs, metrics, clock, log } = deps
  const settlements = createSettlements(deps, patience.toFinish)
  const act = createAct(settlements, createRun(deps, config, settlements, patience.toFinish), deps)

  const handBackLater = async (delivery: Delivery): Promise<void> => {
    // A drain cuts the pause short.
    await pause(HAND_BACK_PAUSE_MS, undefined, { signal: patience.toClaim }).catch(() => {})
    delivery.handBack()
  }

  return async (delivery) => {
    const { message } = delivery
    try {
      if (!message) return await settlements.park(delivery, 'unreadable')
      if (message.v > MESSAGE_VERSION) return await handBackLater(delivery)
      const { workerId, leaseMs } = config
      const start = clock.monotonic()
      const claim = await persist(
        () => jobs.claim({ id: message.id, workerId, leaseMs, takeOver: provesLoss(delivery, leaseMs) }),
        patience.toClaim,
      )
      const claimMs = clock.monotonic() - start
      metrics.hop('claim', message.task, claimMs)
      metrics.count('deliveries', { task: message.task, reason: claim.kind })
      await act(delivery, message, claim, claimMs)
    } catch (error) {
      // Nothing was settled: the message goes back, and the row decides what it is still worth.
      if (!patience.toClaim.aborted) log.error({ jobId: message?.id, error }, 'delivery handed back')
      await handBackLater(delivery)
    }
  }
}
