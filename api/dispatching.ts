import type { Lane } from '../infra/domain/task.ts'
import type { Clock } from '../infra/ports/clock.ts'
import type { Dispatcher } from '../infra/ports/dispatcher.ts'
import type { JobQueue } from '../infra/ports/job-queue.ts'
import type { JobStore } from '../infra/ports/job-store.ts'
import type { Logger } from '../infra/ports/logger.ts'
import type { Metrics } from '../infra/ports/metrics.ts'
import { noDispatcher } from '../infra/runtime/no-dispatcher.ts'
import { createPublishMarks } from '../infra/runtime/publish-marks.ts'
import { createPublishTurns } from '../infra/runtime/publish-turns.ts'
import { type AdmitJob, createAdmitJob } from './admit-job.ts'
import type { Completions } from './completions.ts'
import { createDispatchJob, type DispatchJob } from './dispatch-job.ts'
import { createLoadMeter } from './load-meter.ts'
import { createLocalLimit, type LocalLimit } from './local-limit.ts'
import type { TenantSettingsOf } from './tenant-settings.ts'

export interface DispatchingDeps {
  readonly jobs: Pick<JobStore, 'markPublished'>
  readonly queue: Pick<JobQueue, 'publish' | 'trouble' | 'depth'>
  /** undefined = none is configured: this process judges alone */
  readonly dispatcher?: Dispatcher
  readonly completions: Pick<Completions, 'onDelivery'>
  readonly settingsOf: TenantSettingsOf
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
}

/** What stands between a request and the broker. */
export interface Dispatching {
  readonly admitJob: AdmitJob
  readonly local: LocalLimit
  readonly dispatch: DispatchJob
  /** resolves when what was confirmed is marked, too */
  close(): Promise<void>
}

/** @param deadlineMs by lane, from the insert */
export const createDispatching = (
  { jobs, queue, dispatcher = noDispatcher, completions, settingsOf, clock, log, metrics }: DispatchingDeps,
  deadlineMs: Readonly<Record<Lane, number>>,
  maxDepthCount: number,
): Dispatching => {
  const marks = createPublishMarks(jobs, log, queue)
  const local = createLocalLimit({ meter: createLoadMeter(queue, clock, deadlineMs.interactive), clock }, maxDepthCount)
  const publish = createPublishTurns({ queue, marks, log }, ({ message }, ms) =>
    metrics.hop('publish', message.task, ms),
  )
  const dispatch = createDispatchJob({ dispatcher, publish, metrics, log })
  completions.onDelivery((completion) => {
    local.completed(completion)
    marks.completed(completion.id)
    // Whoever ends a job otherwise than by working on it may not know of its place.
    if (completion.state === 'canceled') dispatch.ended(completion.id)
  })
  const admitJob = createAdmitJob({ dispatcher, local, ended: dispatch.ended, settingsOf, metrics }, deadlineMs)
  return {
    admitJob,
    local,
    dispatch,
    async close() {
      await dispatch.settled()
      await marks.close()
    },
  }
}
