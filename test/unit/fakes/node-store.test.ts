import { describeNodeStore } from '../../contract/node-store.ts'
import { createMemoryNodeStore } from '../../fakes/node-store.ts'

describeNodeStore('memory', async () => createMemoryNodeStore())
