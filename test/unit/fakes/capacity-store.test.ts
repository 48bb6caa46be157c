import { describeCapacityStore } from '../../contract/capacity-store.ts'
import { createMemoryCapacityStore } from '../../fakes/capacity-store.ts'

describeCapacityStore('memory', async () => createMemoryCapacityStore())
