import { describeReplayRecord } from '../../contract/replay-record.ts'
import { createMemoryReplayRecord } from '../../fakes/replay-record.ts'

const record = createMemoryReplayRecord()
describeReplayRecord('memory', async () => record)
