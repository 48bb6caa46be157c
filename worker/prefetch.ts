import type { Lane } from '../infra/domain/task.ts'
import type { WorkerConfig } from './config.ts'

/**
 * Deliveries a worker may have in hand, by lane. One batch in the model and one being fetched and decoded, for each thread; more
 * only makes jobs wait here instead of where another worker could take them.
 */
export const prefetchOf = ({
  WORKER_BATCH_MAX,
  WORKER_THREADS,
}: Pick<WorkerConfig, 'WORKER_BATCH_MAX' | 'WORKER_THREADS'>): Readonly<Record<Lane, number>> => {
  const batchCount = WORKER_BATCH_MAX * WORKER_THREADS
  return { interactive: 2 * batchCount, bulk: batchCount }
}
