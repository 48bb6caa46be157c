import type { Lane, TaskName } from '../domain/task.ts'
import type { DaySigns } from './job-days.ts'

/** Queued jobs of one kind whose message the broker confirmed long ago. */
export interface Waiting {
  readonly task: TaskName
  readonly lane: Lane
  /** of them (count) */
  readonly count: number
  /** jobs of this task that workers hold now (count) */
  readonly runningCount: number
  /** since the one that waits longest does, published or not; 0 = none waits */
  readonly oldestMs: number
}

/** What the rows tell of how well the service is. Counts of what should not be there. */
export interface RowSigns {
  /** open, though the deadline passed long ago */
  readonly overdueCount: number
  /** running, though the lease ended long ago */
  readonly zombieCount: number
  /** queued and not published for long */
  readonly unpublishedCount: number
  readonly waiting: readonly Waiting[]
  /** endpoints that were disabled because calls failed */
  readonly webhooksDisabledCount: number
  /** is the last entry of the audit trail the one that the head names? */
  readonly auditHeadHolds: boolean
}

/** What the database tells of itself. */
export interface DatabaseSigns {
  readonly version: string
  /** epoch ms by its clock */
  readonly now: number
  /** files of this version that were not applied, and applied ones that have changed since */
  readonly migrationsMissing: readonly string[]
  readonly migrationsChanged: readonly string[]
  /** files of this version that wait until no older release is left */
  readonly contractsWaiting: readonly string[]
  /** undefined = the jobs are one table still */
  readonly days: DaySigns | undefined
  /** in words; none = tenants are kept apart */
  readonly rowSecurityGaps: readonly string[]
}

/** How many secrets, or jobs with pictures, one key has sealed. */
export interface SealedCount {
  readonly keyId: string
  readonly count: number
}

/** Looks at the database. @throws UnavailableError */
export interface DatabaseProbe {
  rows(): Promise<RowSigns>
  /** webhook secrets that still sign, by the key that sealed them; `plain` = none did */
  webhookSecrets(): Promise<readonly SealedCount[]>
  /** jobs whose pictures are stored and sealed, by key: among the thousands that are oldest and newest */
  sealedPictures(): Promise<readonly SealedCount[]>
  database(): Promise<DatabaseSigns>
}

/** One queue or exchange of ours, as the broker has it. */
export interface QueueSigns {
  readonly name: string
  /** undefined = it is as declared; `missing`, or the broker's own words on what is different */
  readonly problem?: string
  readonly readyCount: number
  readonly consumerCount: number
}

/** What the broker tells. */
export interface BrokerSigns {
  readonly version: string
  readonly queues: readonly QueueSigns[]
  readonly deadCount: number
}

/** When the broker stops publishers, and how near it is to that. Of a cluster the node that is worst off. */
export interface BrokerLimits {
  readonly diskLimitBytes: number
  /** undefined = the broker cannot tell, and so never stops publishers in time */
  readonly diskFreeBytes: number | undefined
  readonly diskAlarm: boolean
  readonly memoryLimitBytes: number
  readonly memoryUsedBytes: number
  readonly memoryAlarm: boolean
}
