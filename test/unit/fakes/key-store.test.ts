import { describeKeyStore } from '../../contract/key-store.ts'
import { createMemoryKeyStore } from '../../fakes/key-store.ts'

describeKeyStore('memory', async () => createMemoryKeyStore())
