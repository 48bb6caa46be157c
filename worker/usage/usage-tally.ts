import type { Job, ModelRef } from '../../infra/domain/job.ts'
import type { Clock } from '../../infra/ports/clock.ts'
import type { Logger } from '../../infra/ports/logger.ts'
import type { UsageReport, UsageShare, UsageStore } from '../../infra/ports/usage-store.ts'
import type { RunJob } from '../run-job.ts'
import { BusyTime } from './busy-time.ts'

interface TallyDeps {
  readonly store: Pick<UsageStore, 'tell'>
  readonly clock: Pick<Clock, 'monotonic'>
  readonly log: Logger
}

/** What this process was busy with. Nobody waits for it: jobs are counted in memory, and told of together. */
export interface UsageTally {
  /** The same, counted. */
  watch(runJob: RunJob): RunJob
  /** Tell what was counted since the last time. Never throws: what could not be told is told with the next. */
  tell(): Promise<void>
}

/** `name@version` of all that decided, sorted. */
const modelOf = (models: readonly ModelRef[]): string =>
  [...new Set(models.map(({ name, version }) => `${name}@${version}`))].sort().join(',')

/** @param source this process; another one that comes after it has another name */
export const createUsageTally = (
  { store, clock, log }: TallyDeps,
  { source, pool }: { readonly source: string; readonly pool: string },
): UsageTally => {
  const busy = new BusyTime()
  let shares = new Map<string, UsageShare>()
  let toldAt = clock.monotonic()
  let number = 0
  /** may not have arrived: told again as it was, so that it counts once */
  let untold: UsageReport | undefined

  const add = ({ tenant, task }: Job, models: readonly ModelRef[], busyMs: number, isRun: boolean): void => {
    const model = modelOf(models)
    const key = JSON.stringify([tenant, task, model])
    const { runCount = 0, busyMs: before = 0 } = shares.get(key) ?? {}
    shares.set(key, { tenant, task, model, runCount: runCount + (isRun ? 1 : 0), busyMs: before + busyMs })
  }

  const next = (): UsageReport => {
    const now = clock.monotonic()
    number += 1
    const report = { source, number, pool, presentMs: now - toldAt, shares: [...shares.values()] }
    shares = new Map()
    toldAt = now
    return report
  }

  const tellOne = async (): Promise<void> => {
    untold ??= next()
    await store.tell(untold)
    untold = undefined
  }

  return {
    watch: (runJob) => async (job, withdrawn) => {
      const inHand = busy.begin(clock.monotonic())
      try {
        const run = await runJob(job, withdrawn)
        add(job, run.outcome.models, inHand.end(clock.monotonic()), true)
        return run
      } catch (error) {
        add(job, [], inHand.end(clock.monotonic()), false)
        throw error
      }
    },
    async tell() {
      try {
        if (untold) await tellOne()
        await tellOne()
      } catch (error) {
        log.warn({ error }, 'what this worker was busy with could not be told: it is told later')
      }
    },
  }
}
