import { describeFleetJobs } from '../../contract/fleet-jobs.ts'
import { createMemoryFleetJobs } from '../../fakes/fleet-jobs.ts'
import { createMemoryJobStore } from '../../fakes/job-store.ts'

describeFleetJobs('memory', async () => {
  const jobs = createMemoryJobStore()
  return { jobs, fleetJobs: createMemoryFleetJobs(jobs) }
})
