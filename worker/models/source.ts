import type { Logger } from '../../infra/ports/logger.ts'
import type { Metrics } from '../../infra/ports/metrics.ts'
import type { ModelStore } from '../../infra/ports/model-store.ts'

/** Where a process gets its models from. */
export interface ModelSource {
  readonly MODELS_SOURCE: string
  readonly MODELS_DIR?: string
}

/** What obtaining models needs. */
export interface ObtainDeps {
  /** undefined where none are published */
  readonly store: ModelStore | undefined
  readonly metrics: Pick<Metrics, 'gauge' | 'count'>
  readonly log: Logger
}

const secondsSince = (start: number): number => (performance.now() - start) / 1_000

/**
 * The models directory a process loads from, with everything in it: the folder that is configured, or the latest set that
 * was published. Obtaining is a part of the time it takes to start, so it shows in the metrics.
 * @throws whatever `ModelStore.obtainSet` throws, when nothing that can be trusted is here
 */
export const obtainModels = async (
  { MODELS_SOURCE: source, MODELS_DIR: dir = '' }: ModelSource,
  { store, metrics, log }: ObtainDeps,
): Promise<string> => {
  let isBehind = 0
  metrics.gauge(
    'muster_models_behind',
    '1 when the latest set could not be had and an earlier one runs',
    () => isBehind,
  )
  if (source === 'folder' || !store) return dir
  const start = performance.now()
  const { folder, set, instead } = await store.obtainSet()
  const seconds = secondsSince(start)
  metrics.gauge('muster_models_obtain_seconds', 'Time spent at the start to obtain the models', () => seconds)
  metrics.gauge('muster_models_set', 'Sequence number of the set of models that is run', () => set.sequence)
  isBehind = instead === undefined ? 0 : 1
  const models = set.roles.map(({ name, version }) => `${name}@${version}`)
  if (instead)
    log.error({ error: instead, sequence: set.sequence, models }, 'the latest models cannot be had: others go on')
  else log.info({ sequence: set.sequence, models, seconds }, 'the models are here')
  return folder
}
