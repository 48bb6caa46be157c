import type { Pool } from '../domain/pools.ts'
import type { Lane } from '../domain/task.ts'
import type { RowSigns, Waiting } from '../ports/doctor.ts'
import { type Finding, mustBeNone, problem, well } from './finding.ts'

/** One lane of a pool, as the broker has it. */
export interface LaneSigns {
  readonly pool: string
  readonly lane: Lane
  /** messages waiting (count) */
  readonly readyCount: number
  readonly consumerCount: number
}

const REPAIR = './muster doctor --repair'

const waitingFor = (waiting: readonly Waiting[], pool: Pool | undefined, lane: Lane) => {
  const mine = waiting.filter((one) => one.lane === lane && pool?.tasks.includes(one.task))
  const sum = (read: (one: Waiting) => number) => mine.reduce((total, one) => total + read(one), 0)
  return { waitingCount: sum(({ count }) => count), runningCount: sum(({ runningCount }) => runningCount) }
}

const judgeLane = (
  { pool, lane, readyCount, consumerCount }: LaneSigns,
  pools: readonly Pool[],
  waiting: readonly Waiting[],
): readonly Finding[] => {
  const name = `${pool}.${lane}`
  const served = pools.find((one) => one.name === pool)
  const { waitingCount, runningCount } = waitingFor(waiting, served, lane)
  if (readyCount > 0 && consumerCount === 0)
    return [
      problem(
        'silent-consumers',
        `${name} holds ${readyCount} messages and nobody takes them`,
        'start workers of the pool',
      ),
    ]
  if (readyCount > 0 && waitingCount > 0 && runningCount === 0) {
    const detail = `${name} holds ${readyCount} messages, ${consumerCount} consumers take none`
    return [problem('silent-consumers', detail, 'look at the workers’ logs; restart them')]
  }
  return []
}

/** The broker confirmed their messages and has none. One that a worker has just taken is running within the time allowed. */
const judgeOrphans = (lanes: readonly LaneSigns[], pools: readonly Pool[], waiting: readonly Waiting[]): Finding => {
  const empty = lanes.filter(({ readyCount }) => readyCount === 0)
  const count = empty.reduce((total, { pool, lane }) => {
    const served = pools.find((one) => one.name === pool)
    const { waitingCount, runningCount } = waitingFor(waiting, served, lane)
    return total + (runningCount === 0 ? waitingCount : 0)
  }, 0)
  return mustBeNone('orphan-jobs', count, 'queued jobs whose messages the broker has lost', REPAIR)
}

/** Are jobs on their way? Pure. @param lanes those that could be looked at */
export const judgeRows = (signs: RowSigns, lanes: readonly LaneSigns[], pools: readonly Pool[]): readonly Finding[] => {
  const { overdueCount, zombieCount, unpublishedCount, waiting, webhooksDisabledCount, auditHeadHolds } = signs
  const silent = lanes.flatMap((lane) => judgeLane(lane, pools, waiting))
  return [
    mustBeNone('stuck-jobs', overdueCount, 'open jobs whose deadline has passed', REPAIR),
    mustBeNone(
      'zombie-jobs',
      zombieCount,
      'running jobs whose lease has ended',
      'start workers of the pool; the next one takes them',
    ),
    mustBeNone('unpublished-jobs', unpublishedCount, 'queued jobs that were not published', 'look at the api’s log'),
    judgeOrphans(lanes, pools, waiting),
    ...(silent.length > 0 ? silent : [well('silent-consumers', 'none')]),
    mustBeNone(
      'webhooks-disabled',
      webhooksDisabledCount,
      'endpoints, after calls failed for days',
      'tell their owners',
    ),
    auditHeadHolds
      ? well('audit-head', 'the last entry is the one the head names')
      : problem(
          'audit-head',
          'the end of the audit trail was cut off or rewritten',
          './muster audit verify --anchor FILE',
        ),
  ]
}
