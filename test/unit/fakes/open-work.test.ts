import { describeOpenWork } from '../../contract/open-work.ts'
import { createMemoryJobStore } from '../../fakes/job-store.ts'
import { createMemoryOpenWork } from '../../fakes/open-work.ts'

describeOpenWork('memory', async () => {
  const jobs = createMemoryJobStore()
  return { jobs, work: createMemoryOpenWork(jobs) }
})
