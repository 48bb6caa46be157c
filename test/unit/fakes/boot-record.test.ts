import { describeBootRecord } from '../../contract/boot-record.ts'
import { createMemoryBootRecord } from '../../fakes/boot-record.ts'

describeBootRecord('memory', async () => createMemoryBootRecord())
