import { setTimeout as pause } from 'node:timers/promises'
import { modelsText } from '../../infra/domain/models-text.ts'
import type { TaskName } from '../../infra/domain/task.ts'
import type { CapacityStore } from '../../infra/ports/capacity-store.ts'
import type { Logger } from '../../infra/ports/logger.ts'
import type { ModelCatalog } from '../../infra/ports/model-catalog.ts'
import type { ChooseDeps } from './choose-counts.ts'
import { type Profile, profileOf } from './profile.ts'

/** A node that starts does not wait longer for a database: without a profile memory alone decides. */
const PATIENCE_MS = 5_000
const MOST_MEASUREMENTS = 200

/** What reading a profile needs; stores that are undefined were not configured. */
export interface ReadProfileDeps {
  readonly capacities: Pick<CapacityStore, 'list'> | undefined
  readonly catalog: Pick<ModelCatalog, 'list'> | undefined
  readonly tasksOf: (pool: string) => readonly TaskName[]
  readonly log: Logger
  readonly patienceMs?: number
}

/** Reads what was measured of a pool. Never throws: a profile that cannot be read is none, and that is logged. */
export const createReadProfile = (deps: ReadProfileDeps): ChooseDeps['readProfile'] => {
  const { capacities, catalog, tasksOf, log, patienceMs = PATIENCE_MS } = deps
  const NONE: Profile = { measurements: [] }
  return async (pool, device) => {
    if (!capacities || !catalog) return NONE
    const late = new AbortController()
    const tooLate = pause(patienceMs, undefined, { signal: late.signal }).then(() => {
      throw new Error(`no answer within ${patienceMs} ms`)
    })
    tooLate.catch(() => {})
    try {
      const asked = Promise.all([capacities.list(pool, MOST_MEASUREMENTS), catalog.list()])
      const [all, running] = await Promise.race([asked, tooLate])
      const tasks = tasksOf(pool)
      const models = modelsText(running.filter(({ task }) => tasks.includes(task)).flatMap((one) => one.models))
      return profileOf(all, device, models === '' ? undefined : models)
    } catch (error) {
      log.warn({ pool, error }, 'what was measured of the pool could not be read')
      return NONE
    } finally {
      late.abort()
    }
  }
}
