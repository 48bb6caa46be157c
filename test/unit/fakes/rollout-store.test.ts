import { describeRolloutStore } from '../../contract/rollout-store.ts'
import { createMemoryRolloutStore } from '../../fakes/rollout-store.ts'

const store = createMemoryRolloutStore()
describeRolloutStore('memory', async () => store)
