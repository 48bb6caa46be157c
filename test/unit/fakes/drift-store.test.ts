import { describeDriftStore } from '../../contract/drift-store.ts'
import { createMemoryDriftStore } from '../../fakes/drift-store.ts'

const store = createMemoryDriftStore()
describeDriftStore('memory', async () => store)
