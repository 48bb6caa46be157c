import type { Clock } from '../infra/ports/clock.ts'
import type { DriftStore } from '../infra/ports/drift-store.ts'
import type { Logger } from '../infra/ports/logger.ts'
import type { UsageStore } from '../infra/ports/usage-store.ts'
import type { Lifecycle } from '../infra/runtime/lifecycle.ts'
import { startDrift } from './drift/start-drift.ts'
import type { RunJob } from './run-job.ts'
import { startUsage } from './usage/start-usage.ts'

interface CountingDeps {
  readonly usage: Pick<UsageStore, 'tell'>
  readonly drift: Pick<DriftStore, 'tell'>
  readonly clock: Pick<Clock, 'monotonic'>
  readonly log: Logger
}

/**
 * Count every run from now on: how long it kept the process busy, and what came of it.
 * @param who names the place; a process that comes after this one may have the same
 */
export const startCounting = (
  { usage, drift, ...deps }: CountingDeps,
  who: { readonly workerId: string; readonly pool: string },
  life: Lifecycle,
): ((runJob: RunJob) => RunJob) => {
  const countUsage = startUsage({ ...deps, store: usage }, who, life)
  const countDrift = startDrift({ ...deps, store: drift }, who.workerId, life)
  return (runJob) => countDrift(countUsage(runJob))
}
