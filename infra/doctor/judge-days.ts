import type { DaySigns } from '../ports/job-days.ts'
import { type Finding, problem, warning, well } from './finding.ts'

/** The api makes a week ahead; fewer means that it no longer can. */
const MIN_AHEAD_COUNT = 3
/** Of a statement that reaches all jobs: the table and the indexes of each part, and of several such statements at once. */
const LOCKS_PER_TABLE = 10
const STATEMENTS_AT_ONCE = 5

/** What waits until no older release is left. Pure. */
export const judgeContract = (contractsWaiting: readonly string[]): Finding =>
  contractsWaiting.length === 0
    ? well('contract', 'nothing waits')
    : warning(
        'contract',
        `waits until no process of an older release is left: ${contractsWaiting.join(', ')}`,
        './muster migrate --contract',
      )

/** Are there tables for the jobs to come? Pure. @param signs undefined = the jobs are one table still */
export const judgeDays = (signs: DaySigns | undefined): readonly Finding[] => {
  if (!signs) return [well('job-days', 'the jobs are one table')]
  const { count, aheadCount, strayCount, lockCount } = signs
  const needed = count * LOCKS_PER_TABLE * STATEMENTS_AT_ONCE
  return [
    aheadCount < MIN_AHEAD_COUNT
      ? problem('job-days', `only ${aheadCount} days ahead are there`, 'see the api’s log: it makes them once a minute')
      : well('job-days', `${count} tables, ${aheadCount} days ahead`),
    strayCount > 0
      ? warning('job-strays', `${strayCount} jobs belong to no day`, 'set the clocks of the apis that made them')
      : well('job-strays', 'none'),
    lockCount < needed
      ? warning(
          'lock-table',
          `room for ${lockCount} locks, and ${count} tables of jobs may take ${needed}`,
          'raise max_locks_per_transaction of PostgreSQL',
        )
      : well('lock-table', `room for ${lockCount} locks`),
  ]
}
