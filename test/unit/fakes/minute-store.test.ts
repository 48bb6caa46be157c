import { describeMinuteStore } from '../../contract/minute-store.ts'
import { createMemoryMinuteStore } from '../../fakes/minute-store.ts'

describeMinuteStore('memory', async () => createMemoryMinuteStore())
