import type { TaskName } from '../../infra/domain/task.ts'

/**
 * What was measured, and by which command: the figures that a plan is reckoned from. docs/benchmarks.md says on what
 * machine. Who measures his own gives his own.
 */
export interface Figures {
  /** checks that one core does in a second, api and worker together, by task */
  readonly perCoreSecond: Readonly<Record<TaskName, number>>
  /** of that, what the api takes for each picture, in seconds of a core */
  readonly apiSecondsPerPicture: number
  readonly pictures: Readonly<Record<TaskName, number>>
  /** CPU of a check whatever its task, in seconds of a core */
  readonly brokerSeconds: number
  readonly databaseSeconds: number
  readonly redisSeconds: number
  /** messages of a check: its job and its wake-up */
  readonly messages: number
  /** bytes of a job in the database, its indexes with it, and of its idempotency key */
  readonly rowBytes: number
  readonly keyBytes: number
  /** from the insert until all of it is forgotten */
  readonly walBytes: number
  /** what an autoscaled fleet costs, against one whose owner knows the future */
  readonly fleetCostRatio: number
}

/** @source docs/benchmarks.md: `./muster bench tasks`, `sync`, `partitions`, `./muster simulate` */
export const MEASURED: Figures = {
  perCoreSecond: { 'face-match': 11.9, liveness: 18.3, ocr: 1.4 },
  apiSecondsPerPicture: 0.019,
  pictures: { 'face-match': 2, liveness: 1, ocr: 1 },
  brokerSeconds: 168e-6,
  databaseSeconds: 160e-6,
  redisSeconds: 16e-6,
  messages: 2,
  rowBytes: 2_341,
  keyBytes: 256,
  walBytes: 14_320,
  fleetCostRatio: 1.162,
}
