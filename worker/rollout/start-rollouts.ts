import { join } from 'node:path'
import type { TaskName } from '../../infra/domain/task.ts'
import type { ModelCatalog } from '../../infra/ports/model-catalog.ts'
import { systemClock } from '../../infra/runtime/clock.ts'
import type { Lifecycle } from '../../infra/runtime/lifecycle.ts'
import { repeat } from '../../infra/runtime/repeat.ts'
import type { Executor } from '../executor.ts'
import type { ModelRuns } from '../model-runs.ts'
import type { FollowDeps } from './followed.ts'
import { type CandidateSource, createOpenCandidate } from './open-candidate.ts'
import type { PartOf } from './part.ts'
import { createRollouts } from './rollouts.ts'

const ANNOUNCE_MS = 60_000

/**
 * Follow rollouts from now on.
 * @param base batches of the models the worker runs anyway
 * @param runsOf batches of a candidate that answers
 * @returns what is wanted of each job
 */
export type FollowRollouts = (base: ModelRuns, runsOf: (executor: Executor) => ModelRuns) => PartOf

export interface StartRolloutsDeps extends Pick<FollowDeps, 'store' | 'metrics' | 'log'> {
  /** of the models that answer anyway: candidates are tried with the same, in threads of their own */
  readonly settings: Parameters<typeof createOpenCandidate>[0]
  readonly source: CandidateSource
  readonly executor: Pick<Executor, 'models' | 'thresholds'>
  readonly catalog: Pick<ModelCatalog, 'announce' | 'keepThresholds'>
}

/** Who follows rollouts. */
export interface RolloutFollower {
  /** its name, the same whenever the process is started again */
  readonly worker: string
  readonly tasks: readonly TaskName[]
  /** between two looks: so long after a rollout's end its candidate may go on */
  readonly everyMs: number
}

/** Models that were put beside the worker's own, each version in a folder `name@version`. */
export const candidatesIn = (modelsDir: string): CandidateSource => ({
  obtain: async (name, version) => join(modelsDir, `${name}@${version}`),
  release: () => {},
})

/**
 * @param life ends it, after the deliveries: candidates are unloaded and the last counts told
 */
export const startRollouts =
  (deps: StartRolloutsDeps, who: RolloutFollower, life: Lifecycle): FollowRollouts =>
  (runs, runsOf) => {
    const { executor, catalog, settings, source, log } = deps
    const { worker, tasks, everyMs } = who
    const open = createOpenCandidate(settings, source, log)
    const { keepThresholds } = catalog
    const rollouts = createRollouts(worker, tasks, {
      ...deps,
      open,
      base: { executor, runs },
      runsOf,
      keepThresholds,
      clock: systemClock,
    })
    const looking = repeat('rollouts', everyMs, log, rollouts.round)
    const announcing = repeat('announce promoted models', ANNOUNCE_MS, log, async () => {
      for (const { models } of rollouts.promoted())
        for (const [task, used] of Object.entries(models)) await catalog.announce(task as TaskName, used)
    })
    void rollouts.round()
    life.onStop('rollouts', async () => {
      await Promise.all([looking.stop(), announcing.stop()])
      await rollouts.close()
    })
    return rollouts.partOf
  }
