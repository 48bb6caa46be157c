import type { Finding } from '../../infra/doctor/finding.ts'
import { mustBeNone } from '../../infra/doctor/finding.ts'
import { judgeRows, type LaneSigns } from '../../infra/doctor/judge-rows.ts'
import type { Pool } from '../../infra/domain/pools.ts'
import { LANES } from '../../infra/domain/task.ts'
import type { DeadLetters } from '../../infra/ports/dead-letters.ts'
import type { DatabaseProbe } from '../../infra/ports/doctor.ts'
import type { JobQueue } from '../../infra/ports/job-queue.ts'
import type { Logger } from '../../infra/ports/logger.ts'
import type { Metrics } from '../../infra/ports/metrics.ts'
import type { RetentionStore } from '../../infra/ports/retention-store.ts'
import { showLanes } from './lane-gauges.ts'

/** What looking again and again needs. */
export interface DoctorDeps {
  readonly probe: Pick<DatabaseProbe, 'rows'>
  readonly queue: Pick<JobQueue, 'depth'>
  readonly deadLetters: Pick<DeadLetters, 'count'>
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
 * Numbers that must be 0, for whoever has to be woken: how many checks find something wrong, and which; `./muster doctor`
 * says what. Beside them how lanes and dead letters are.
 * @returns looks again
 */
export const createDoctorRound = (
  { probe, queue, deadLetters, retention, metrics, log }: DoctorDeps,
  pools: readonly Pool[],
): (() => Promise<void>) => {
  let wrong: readonly Finding[] = []
  const help = 'Checks of the service by itself that find something wrong; ./muster doctor says what'
  metrics.gauge('muster_doctor_findings', help, () => wrong.length)
  const which = '1 for each check that finds something wrong'
  metrics.gauges('muster_doctor_problems', which, 'check', () => new Map(wrong.map(({ check }) => [check, 1])))
  let deadCount = 0
  metrics.gauge('muster_dead_letters', 'Messages that are parked for a person', () => deadCount)
  const tellLanes = showLanes(metrics, pools)
  return async () => {
    // Away with the broker, they are as many as they were.
    deadCount = await deadLetters.count().catch(() => deadCount)
    const [rows, lanes] = [await probe.rows(), await lanesOf(queue, pools)]
    tellLanes({ lanes, waiting: rows.waiting })
    const { pictureJobs, resultJobs } = await retention.overdue(OVERDUE_GRACE_MS)
    const found = [
      ...judgeRows(rows, lanes, pools),
      mustBeNone('overdue-data', pictureJobs + resultJobs, 'jobs whose data should be gone', 'look at the api’s log'),
    ]
    wrong = found.filter(({ state }) => state === 'problem')
    for (const { check, detail, fix } of wrong) log.warn({ check, detail, fix }, 'doctor')
  }
}
