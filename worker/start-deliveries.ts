import type { Clock } from '../infra/ports/clock.ts'
import type { Dispatcher } from '../infra/ports/dispatcher.ts'
import type { JobQueue } from '../infra/ports/job-queue.ts'
import type { JobStore } from '../infra/ports/job-store.ts'
import type { Logger } from '../infra/ports/logger.ts'
import type { Metrics } from '../infra/ports/metrics.ts'
import type { Tracer } from '../infra/ports/tracer.ts'
import type { Lifecycle } from '../infra/runtime/lifecycle.ts'
import { createPublishMarks } from '../infra/runtime/publish-marks.ts'
import { createPublishTurns } from '../infra/runtime/publish-turns.ts'
import { repeat } from '../infra/runtime/repeat.ts'
import type { BatchPolicy } from './batching.ts'
import type { WorkerConfig } from './config.ts'
import type { Executor } from './executor.ts'
import { createHandleDelivery, type HandleDelivery, type HandleDeps } from './handle-delivery.ts'
import { createLeaseKeeper } from './lease-keeper.ts'
import { createModelRuns, type ModelRuns, type ModelRunsDeps } from './model-runs.ts'
import { type PoolWorker, startPoolWorker } from './pool-worker.ts'
import { prefetchOf } from './prefetch.ts'
import type { FollowRollouts } from './rollout/start-rollouts.ts'
import { createRunJob, type RunDeps, type RunJob } from './run-job.ts'
import { createServiceRate } from './service-rate.ts'
import { tracedBatches, tracedRunJob } from './traced.ts'
import { createTurns, type Turns } from './turns.ts'

/** What is left of the grace when jobs still running are handed back: enough to write that down and disconnect. */
const HAND_BACK_MARGIN_MS = 3_000
/** The dispatcher forgets a worker it has not heard of for four of these. */
const ANNOUNCE_CAPACITY_MS = 2_000

/** What working on deliveries needs. */
export interface DeliveriesDeps extends Omit<RunDeps, 'rate' | 'runs' | 'partOf'>, Pick<HandleDeps, 'cache'> {
  readonly jobs: JobStore
  readonly queue: JobQueue
  readonly dispatcher: Dispatcher
  /** sees every end of a job on its way to the dispatcher */
  readonly watch: (turns: Turns) => Pick<Turns, 'ended'>
  /** sees every run; undefined = nobody counts them */
  readonly count?: (runJob: RunJob) => RunJob
  /** sees every delivery while it is in hand; undefined = nobody looks */
  readonly hand?: (handle: HandleDelivery) => HandleDelivery
  /** undefined = no rollouts here */
  readonly follow?: FollowRollouts
  /** undefined = no spans */
  readonly tracer?: Tracer | undefined
  readonly metrics: Metrics
  readonly clock: Clock
  readonly log: Logger
}

/** Who this worker is, and the least wait before another attempt. */
export interface DeliveriesIdentity {
  readonly workerId: string
  readonly retryDelayMs: number
}

/** Batches of one executor each, with spans where there are any. */
const createRunsOf = (
  deps: Omit<ModelRunsDeps, 'executor'> & Pick<DeliveriesDeps, 'tracer'>,
  batching: BatchPolicy,
  threadCount: number,
) => {
  const traced = deps.tracer && tracedBatches(deps.tracer)
  return (executor: Executor): ModelRuns => {
    if (!traced) return createModelRuns({ ...deps, executor }, batching, threadCount)
    return traced.runs(createModelRuns({ ...deps, executor: traced.executor(executor) }, batching, threadCount))
  }
}

/**
 * Consume the pool's lanes from now on, and tell the dispatcher how much of them fits.
 * @param life ends it: what is in hand is finished or handed back within the grace
 */
export const startDeliveries = async (
  deps: DeliveriesDeps,
  config: WorkerConfig,
  { workerId, retryDelayMs }: DeliveriesIdentity,
  life: Lifecycle,
): Promise<PoolWorker> => {
  const { jobs, queue, cache, dispatcher, metrics, clock, log } = deps
  const { WORKER_POOL: pool, WORKER_THREADS: threadCount, WORKER_LEASE_MS: leaseMs } = config
  const leases = createLeaseKeeper({ jobs, log }, leaseMs)
  life.onStop('leases', () => leases.stop())
  const prefetch = prefetchOf(config)
  const rate = createServiceRate(threadCount)
  const marks = createPublishMarks(jobs, log, queue)
  life.onStop('marks', () => marks.close())
  let worker: PoolWorker | undefined
  const turns = createTurns({
    dispatcher,
    publish: createPublishTurns({ queue, marks, log }, ({ message }, ms) => metrics.hop('publish', message.task, ms)),
    capacity: () => ({
      ...{ pool, workerId, slots: prefetch.interactive, bulkSlots: prefetch.bulk },
      ratePerSecond: rate.perSecond(),
      jobIds: worker?.jobIds() ?? [],
    }),
    log,
  })
  const batching = { maxSize: config.WORKER_BATCH_MAX, maxDelayMs: config.WORKER_BATCH_DELAY_MS }
  const runsOf = createRunsOf({ ...deps, rate }, batching, threadCount)
  const runs = runsOf(deps.executor)
  const partOf = deps.follow?.(runs, runsOf)
  const ownRun = createRunJob({ ...deps, runs, ...(partOf && { partOf }) }, batching, threadCount)
  const counted = deps.count?.(ownRun) ?? ownRun
  const runJob = deps.tracer ? tracedRunJob(deps.tracer, counted) : counted

  const [draining, outOfTime] = [new AbortController(), new AbortController()]
  const handle = createHandleDelivery(
    { jobs, queue, cache, turns: deps.watch(turns), leases, runJob, metrics, clock, log },
    { workerId, leaseMs, retryDelayMs },
    { toClaim: draining.signal, toFinish: outOfTime.signal },
  )
  await queue.onSignal((jobId) => leases.lookAt(jobId))
  const started = await startPoolWorker({ pool, queue, handle: deps.hand?.(handle) ?? handle, log, prefetch })
  worker = started
  life.onStop('deliveries', async () => {
    draining.abort()
    setTimeout(() => outOfTime.abort(), Math.max(0, config.WORKER_GRACE_MS - HAND_BACK_MARGIN_MS)).unref()
    await started.drain(outOfTime.signal)
  })
  await turns.announce()
  const announcing = repeat('announce capacity', ANNOUNCE_CAPACITY_MS, log, turns.announce)
  life.onStop('announce capacity', async () => {
    await announcing.stop()
    await turns.leave()
  })
  return started
}
