import type { Finding } from '../../infra/doctor/finding.ts'
import { mustBeNone } from '../../infra/doctor/finding.ts'
import { judgeRows, type LaneSigns } from '../../infra/doctor/judge-rows.ts'
import type { Pool } from '../../infra/domain/pools.ts'
import { LANES } from '../../infra/domain/task.ts'
import type { DatabaseProbe } from '../../infra/ports/doctor.ts'
import type { JobQueue } from '../../infra/ports/job-queue.ts'
import type { Logger } from '../../infra/ports/logger.ts'
import type { Metrics } from '../../infra/ports/metrics.ts'
import type { RetentionStore } from '../../infra/ports/retention-store.ts'

/** What looking again and again needs. */
export interface DoctorDeps {
  readonly probe: Pick<DatabaseProbe, 'rows'>
  readonly queue: Pick<JobQueue, 'depth'>
  readonly retention: Pick<RetentionStore, 'overdue'>
  readonly metrics: Metrics
  readonly log: Logger
}

/** Longer than a round, a lease and a second try take. */
const OVERDUE_GRACE_MS = 300_000

const lanesOf = async (queue: Pick<JobQueue, 'depth'>, pools: readonly Pool[]): Promise<readonly LaneSigns[]> => {
  const lanes: LaneSigns[] = []
  for (const { name: pool } of pools)
    for (const lane of LANES) {
      // A lane that cannot be looked at says nothing; that the broker is away is told elsewhere.
      const depth = await queue.depth(pool, lane).catch(() => undefined)
      if (depth) lanes.push({ pool, lane, ...depth })
    }
  return lanes
}

/**
 * One number that must be 0, for whoever has to be woken: how many checks find something wrong. `./muster doctor` says
 * what.
 * @returns looks again
 */
export const createDoctorRound = (
  { probe, queue, retention, metrics, log }: DoctorDeps,
  pools: readonly Pool[],
): (() => Promise<void>) => {
  let wrong: readonly Finding[] = []
  const help = 'Checks of the service by itself that find something wrong; ./muster doctor says what'
  metrics.gauge('muster_doctor_findings', help, () => wrong.length)
  return async () => {
    const { pictureJobs, resultJobs } = await retention.overdue(OVERDUE_GRACE_MS)
    const found = [
      ...judgeRows(await probe.rows(), await lanesOf(queue, pools), pools),
      mustBeNone('overdue-data', pictureJobs + resultJobs, 'jobs whose data should be gone', 'look at the api’s log'),
    ]
    wrong = found.filter(({ state }) => state === 'problem')
    for (const { check, detail, fix } of wrong) log.warn({ check, detail, fix }, 'doctor')
  }
}
