import type { Fault } from '../fault.ts'
import { brokerFaults } from './broker.ts'
import { cacheFaults } from './cache.ts'
import { everyCrashPoint, someCrashPoints } from './crash-points.ts'
import { databaseFaults } from './database.ts'
import { fullDisk } from './full-disk.ts'
import { processFaults } from './processes.ts'
import { storageFaults } from './storage.ts'

/** Crash points a round: each takes seconds, and the next round goes on with those at which nobody has died yet. */
const POINTS_A_ROUND = 12

/** Every fault that one stack with one broker can have. */
export const allFaults = (): readonly Fault[] => [
  ...processFaults(),
  ...brokerFaults,
  ...databaseFaults,
  fullDisk,
  ...cacheFaults,
  ...storageFaults,
  someCrashPoints('api', POINTS_A_ROUND),
  someCrashPoints('worker', POINTS_A_ROUND),
]

/** For the run among the tests: one of each kind that is over soon, and a few crash points. */
const SHORT = [
  'worker killed in the middle of a job',
  'both apis killed',
  'RabbitMQ killed and its disk wiped',
  'PostgreSQL killed',
  'Redis flushed',
  'storage answers 503',
]

/** A few crash points of each role, which the seed decides. */
export const shortFaults = (): readonly Fault[] => [
  ...allFaults().filter(({ name }) => SHORT.includes(name)),
  someCrashPoints('api', 2),
  someCrashPoints('worker', 3),
]

/** Of both roles, each crash point that a process can pass. */
export const crashPointFaults = (): readonly Fault[] => [everyCrashPoint('api'), everyCrashPoint('worker')]
