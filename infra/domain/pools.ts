import { AppError } from './errors.ts'
import { TASK_NAMES, type TaskName } from './task.ts'

/** One class of node and the tasks it serves. Its name is the prefix of its two queues. */
export interface Pool {
  readonly name: string
  readonly tasks: readonly TaskName[]
}

/** One pool a task: what a fleet starts with when nobody said otherwise. */
export const DEFAULT_POOLS = 'face-match=face-match liveness=liveness ocr=ocr'

/** The text that describes the pools cannot be used. */
export class PoolsInvalidError extends AppError {
  readonly code = 'POOLS_INVALID'
  readonly retryable = false
}

// The name becomes part of a queue name, a metric label and a Nomad group.
const POOL_NAME = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/

const isTask = (name: string): name is TaskName => (TASK_NAMES as readonly string[]).includes(name)

const parsePool = (text: string): Pool => {
  const [name = '', tasks = '', ...rest] = text.split('=')
  if (!POOL_NAME.test(name) || rest.length > 0)
    throw new PoolsInvalidError('a pool is written `name=task,task`; names are lower-case letters, digits and dashes')
  const names = tasks.split(',')
  const unknown = names.find((task) => !isTask(task))
  if (unknown !== undefined)
    throw new PoolsInvalidError(`pool ${name} names a task that is not one of ${TASK_NAMES.join(', ')}`)
  return { name, tasks: names.filter(isTask) }
}

const firstRepeated = (names: readonly string[]): string | undefined =>
  names.find((name, index) => names.indexOf(name) !== index)

/**
 * Read the pools of a fleet, for example `gpu=face-match,liveness cpu=ocr`. A task may be left out: then no pool serves it.
 * @throws PoolsInvalidError when a name is malformed or unknown, or a pool or a task appears twice
 */
export const parsePools = (text: string): readonly Pool[] => {
  const pools = text.split(/\s+/).filter(Boolean).map(parsePool)
  if (pools.length === 0) throw new PoolsInvalidError('at least one pool is needed')
  const pool = firstRepeated(pools.map(({ name }) => name))
  if (pool !== undefined) throw new PoolsInvalidError(`pool ${pool} is described twice`)
  const task = firstRepeated(pools.flatMap(({ tasks }) => tasks))
  if (task !== undefined) throw new PoolsInvalidError(`task ${task} is served by two pools`)
  return pools
}

/** The name of the pool that serves a task; undefined when none does. */
export const poolOf = (pools: readonly Pool[], task: TaskName): string | undefined =>
  pools.find(({ tasks }) => tasks.includes(task))?.name
