import type { FleetJobs } from '../../infra/ports/fleet-jobs.ts'
import type { MemoryJobStore } from './job-store.ts'

/** Jobs of every tenant, over the rows of a job store in memory. Passes the port's contract suite. */
export const createMemoryFleetJobs = (jobs: Pick<MemoryJobStore, 'rows'>): FleetJobs => ({
  async find(id) {
    const found = jobs.rows().find(({ job }) => job.id === id)
    if (!found) return undefined
    const { input: _i, result: _r, keep: _k, error, ...facts } = found.job
    return { ...facts, error: error && { code: error.code, fault: error.fault } }
  },
})
