import { describeScheduleStore } from '../../contract/schedule-store.ts'
import { createMemoryScheduleStore } from '../../fakes/schedule-store.ts'

const store = createMemoryScheduleStore()
describeScheduleStore('memory', async () => store)
