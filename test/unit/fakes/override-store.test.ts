import { describeOverrideStore } from '../../contract/override-store.ts'
import { createMemoryOverrideStore } from '../../fakes/override-store.ts'

const store = createMemoryOverrideStore()
describeOverrideStore('memory', async () => store)
