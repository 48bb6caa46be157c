import { describeErasureStore } from '../../contract/erasure-store.ts'
import { describeHoldStore } from '../../contract/hold-store.ts'
import { describeRetentionStore } from '../../contract/retention-store.ts'
import { createMemoryJobStore } from '../../fakes/job-store.ts'
import { createMemoryRetention } from '../../fakes/retention-store.ts'

const open = async () => {
  const jobs = createMemoryJobStore()
  return { jobs, ...createMemoryRetention(jobs) }
}

describeRetentionStore('memory', open)
describeErasureStore('memory', open)
describeHoldStore('memory', open)
