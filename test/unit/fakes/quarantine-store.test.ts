import { describeQuarantineStore } from '../../contract/quarantine-store.ts'
import { createMemoryQuarantineStore } from '../../fakes/quarantine-store.ts'

describeQuarantineStore('memory', async () => createMemoryQuarantineStore())
