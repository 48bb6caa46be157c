import { AppError } from '../../infra/domain/errors.ts'

/** How many workers a node runs, by pool. */
export type WorkerCounts = ReadonlyMap<string, number>

/** The same as people write it: `auto` = the node chooses when it starts. */
export type WantedCounts = ReadonlyMap<string, number | 'auto'>

/** The text that says how many workers to run cannot be used. */
export class WorkerCountsInvalidError extends AppError {
  readonly code = 'WORKER_COUNTS_INVALID'
  readonly retryable = false
}

const COUNT = /^([a-z0-9-]+)=(\d{1,3}|auto)$/

/**
 * Read the counts of a node, for example `face-match=2 ocr=0 liveness=auto`. A pool that is not named cannot be scaled on
 * this node.
 * @throws WorkerCountsInvalidError when an entry is malformed or a pool appears twice
 */
export const parseCounts = (text: string): WantedCounts => {
  const counts = new Map<string, number | 'auto'>()
  for (const entry of text.split(/\s+/).filter(Boolean)) {
    const [, pool = '', count] = COUNT.exec(entry) ?? []
    if (pool === '') throw new WorkerCountsInvalidError('workers are written `pool=count pool=count`, or `pool=auto`')
    if (counts.has(pool)) throw new WorkerCountsInvalidError(`pool ${pool} is counted twice`)
    counts.set(pool, count === 'auto' ? 'auto' : Number(count))
  }
  if (counts.size === 0) throw new WorkerCountsInvalidError('at least one pool is needed, `pool=0` is allowed')
  return counts
}

/** How many there are at the least: a pool that chooses for itself has one. */
export const leastOf = (counts: WantedCounts): readonly (readonly [string, number])[] =>
  [...counts].map(([pool, count]) => [pool, count === 'auto' ? 1 : count])
