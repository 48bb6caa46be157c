import { join } from 'node:path'
import type { TaskName } from '../../infra/domain/task.ts'
import type { ModelCatalog } from '../../infra/ports/model-catalog.ts'
import type { Lifecycle } from '../../infra/runtime/lifecycle.ts'
import { repeat } from '../../infra/runtime/repeat.ts'
import type { Executor } from '../executor.ts'
import type { ModelRuns } from '../model-runs.ts'
import type { FollowDeps } from './followed.ts'
import type { CandidateSource } from './open-candidate.ts'
import type { PartOf } from './part.ts'
import { createRollouts } from './rollouts.ts'

/** A worker is back on the base so much later at most, once a rollout is over. */
const ROUND_MS = 3_000
const ANNOUNCE_MS = 60_000

/**
 * Follow rollouts from now on.
 * @param base batches of the models the worker runs anyway
 * @param runsOf batches of a candidate that answers
 * @returns what is wanted of each job
 */
export type FollowRollouts = (base: ModelRuns, runsOf: (executor: Executor) => ModelRuns) => PartOf

export interface StartRolloutsDeps extends Omit<FollowDeps, 'base' | 'runsOf' | 'keepThresholds'> {
  readonly executor: Pick<Executor, 'models' | 'thresholds'>
  readonly catalog: Pick<ModelCatalog, 'announce' | 'keepThresholds'>
}

/** Models that were put beside the worker's own, each version in a folder `name@version`. */
export const candidatesIn = (modelsDir: string): CandidateSource => ({
  obtain: async (name, version) => join(modelsDir, `${name}@${version}`),
  release: () => {},
})

/**
 * @param worker its name, the same whenever the process is started again
 * @param life ends it, after the deliveries: candidates are unloaded and the last counts told
 */
export const startRollouts =
  (deps: StartRolloutsDeps, worker: string, tasks: readonly TaskName[], life: Lifecycle): FollowRollouts =>
  (runs, runsOf) => {
    const { executor, catalog, log } = deps
    const keepThresholds = catalog.keepThresholds
    const rollouts = createRollouts(worker, tasks, { ...deps, base: { executor, runs }, runsOf, keepThresholds })
    const looking = repeat('rollouts', ROUND_MS, log, rollouts.round)
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
