import { describeLeaderLease } from '../../contract/leader-lease.ts'
import { MemoryLeaderLease } from '../../fakes/leader-lease.ts'

describeLeaderLease('memory', async () => new MemoryLeaderLease())
