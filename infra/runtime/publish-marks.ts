import type { JobQueue } from '../ports/job-queue.ts'
import type { JobStore } from '../ports/job-store.ts'
import type { Logger } from '../ports/logger.ts'

/** Most jobs are done sooner and never need the mark: it spares them a write. */
const PERIOD_MS = 500

/** Tells the store, in groups, which jobs the broker has confirmed and that are still not done. */
export interface PublishMarks {
  confirmed(jobId: string): void
  /** the job ended: no mark is needed */
  completed(jobId: string): void
  /** write what is left */
  close(): Promise<void>
}

/**
 * A mark is written between one and two periods after the confirm. One that fails costs a second message, no job.
 * @param queue while it is disconnected the marks that wait are dropped: its broker may come back without its disk, and a
 *   mark that is written after that would hide a lost message
 */
export const createPublishMarks = (
  jobs: Pick<JobStore, 'markPublished'>,
  log: Logger,
  queue: Pick<JobQueue, 'trouble'>,
): PublishMarks => {
  let young = new Set<string>()
  let due = new Set<string>()
  // A quick worker's completion may overtake the broker's confirm.
  let overtaken = new Set<string>()

  const write = async (ids: ReadonlySet<string>): Promise<void> => {
    if (ids.size === 0) return
    try {
      await jobs.markPublished([...ids])
    } catch (error) {
      log.warn({ error, jobCount: ids.size }, 'published jobs could not be marked; their messages will be sent again')
    }
  }

  const turn = (): Promise<void> => {
    if (queue.trouble() === 'disconnected') {
      due = new Set()
      young = new Set()
    }
    const ripe = due
    due = young
    young = new Set()
    overtaken = new Set()
    return write(ripe)
  }

  const timer = setInterval(() => void turn(), PERIOD_MS)
  timer.unref()
  return {
    confirmed(jobId) {
      if (!overtaken.delete(jobId)) young.add(jobId)
    },
    completed(jobId) {
      if (!young.delete(jobId) && !due.delete(jobId)) overtaken.add(jobId)
    },
    async close() {
      clearInterval(timer)
      await Promise.all([turn(), turn()])
    },
  }
}
