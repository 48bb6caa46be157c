import { describeUsageStore } from '../../contract/usage-store.ts'
import { createMemoryUsageStore } from '../../fakes/usage-store.ts'

describeUsageStore('memory', async () => createMemoryUsageStore())
