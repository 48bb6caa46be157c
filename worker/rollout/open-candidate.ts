import { parseModelName } from '../../infra/domain/model-version.ts'
import type { Rollout } from '../../infra/domain/rollout.ts'
import type { Logger } from '../../infra/ports/logger.ts'
import type { Executor } from '../executor.ts'
import type { CandidateModel } from '../inference/task-module.ts'
import { createThreadExecutor, type ThreadExecutorOptions } from '../inference/thread-executor.ts'
import { CandidateModelInvalidError } from './errors.ts'

/** On a CPU that others want, a shadow gets a tenth of what each of them gets; the last step of the scale would starve it. */
const SHADOW_NICENESS = 10
/** A second death puts the candidate aside, however long ago the first was. */
const DEATH_LIMIT = { count: 1, windowMs: Number.POSITIVE_INFINITY }

/** Published models on this machine's disk. */
export interface CandidateSource {
  /** @returns a verified models directory that holds this version */
  obtain(name: string, version: string): Promise<string>
  release(folder: string): void
}

/** A candidate that is loaded and has run a real inference. */
export interface OpenedCandidate {
  readonly executor: Executor
  close(): Promise<void>
}

/**
 * Load a candidate into inference threads of its own, so that none of its crashes reaches the base's.
 * @param onBroken told once when it cannot go on; what is under way rejects
 * @throws whatever kept it from being obtained or loaded
 */
export type OpenCandidate = (rollout: Rollout, onBroken: (error: Error) => void) => Promise<OpenedCandidate>

/**
 * @param settings of the base's executor
 * @param source of models that are not the base's
 */
export const createOpenCandidate =
  (
    settings: Omit<ThreadExecutorOptions, 'tasks' | 'onHang' | 'candidate'>,
    source: CandidateSource,
    log: Logger,
  ): OpenCandidate =>
  async ({ task, mode, state, candidate: { role, model, thresholds } }, onBroken) => {
    const wanted = model === null ? undefined : parseModelName(model)
    if (model !== null && !wanted) throw new CandidateModelInvalidError()
    const folder = wanted && (await source.obtain(wanted.name, wanted.version))
    const release = (): void => {
      if (folder !== undefined) source.release(folder)
    }
    const candidate: CandidateModel = { role, thresholds, ...(folder !== undefined && { folder }) }
    const isShadow = mode === 'shadow' && state === 'active'
    try {
      const executor = await createThreadExecutor({
        ...settings,
        tasks: [task],
        candidate,
        log: log.child({ candidate: model ?? role }),
        deathLimit: DEATH_LIMIT,
        onHang: onBroken,
        ...(isShadow && { threadCount: 1, niceness: SHADOW_NICENESS }),
      })
      return { executor, close: () => executor.close().finally(release) }
    } catch (error) {
      release()
      throw error
    }
  }
