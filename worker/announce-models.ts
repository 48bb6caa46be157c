import type { TaskName } from '../infra/domain/task.ts'
import type { Logger } from '../infra/ports/logger.ts'
import type { ModelCatalog } from '../infra/ports/model-catalog.ts'
import type { Lifecycle } from '../infra/runtime/lifecycle.ts'
import { repeat } from '../infra/runtime/repeat.ts'
import type { Executor } from './executor.ts'

const ANNOUNCE_MS = 60_000

/** Say which models answer here, now and again. @throws UnavailableError when it could not be said the first time */
export const announceModels = async (
  catalog: Pick<ModelCatalog, 'announce' | 'keepThresholds'>,
  { models, thresholds = {} }: Pick<Executor, 'models' | 'thresholds'>,
  life: Lifecycle,
  log: Logger,
): Promise<void> => {
  const announce = () =>
    Promise.all([
      ...Object.entries(models).map(([task, used]) => catalog.announce(task as TaskName, used)),
      ...Object.values(thresholds).map(catalog.keepThresholds),
    ])
  await announce()
  const announcing = repeat('announce models', ANNOUNCE_MS, log, announce)
  life.onStop('announce models', () => announcing.stop())
}
