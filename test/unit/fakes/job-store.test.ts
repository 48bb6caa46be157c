import { describeJobStore } from '../../contract/job-store.ts'
import { createMemoryJobStore } from '../../fakes/job-store.ts'

describeJobStore('memory', async () => createMemoryJobStore())
