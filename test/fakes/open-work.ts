import type { OpenWork } from '../../infra/ports/open-work.ts'
import type { MemoryJobStore } from './job-store.ts'

/** What is left to do, over the rows of a job store in memory. Passes the port's contract suite. */
export const createMemoryOpenWork = (jobs: MemoryJobStore, now: () => number = Date.now): OpenWork => ({
  async count(tasks) {
    const open = jobs.rows().filter(({ job: { state, task, deadline } }) => {
      return (state === 'queued' || state === 'running') && tasks.includes(task) && deadline > now()
    })
    const running = open.filter(({ job, leasedUntil }) => job.state === 'running' && leasedUntil > now())
    const oldest = Math.min(...open.filter((one) => !running.includes(one)).map(({ job }) => job.createdAt))
    const oldestQueuedMs = Number.isFinite(oldest) ? now() - oldest : undefined
    return { queuedCount: open.length - running.length, runningCount: running.length, oldestQueuedMs, at: now() }
  },
})
