import { describeDemandStore } from '../../contract/demand-store.ts'
import { createMemoryDemandStore } from '../../fakes/demand-store.ts'

describeDemandStore('memory', async () => createMemoryDemandStore())
