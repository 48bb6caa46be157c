import { describeJobDays } from '../../contract/job-days.ts'
import { createMemoryJobDays } from '../../fakes/job-days.ts'

describeJobDays('memory', async () => createMemoryJobDays())
