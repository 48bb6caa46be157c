import { describeNodeHourStore } from '../../contract/node-hour-store.ts'
import { createMemoryNodeHourStore } from '../../fakes/node-hour-store.ts'

describeNodeHourStore('memory', async () => createMemoryNodeHourStore())
