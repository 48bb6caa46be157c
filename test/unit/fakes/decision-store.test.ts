import { describeDecisionStore } from '../../contract/decision-store.ts'
import { MemoryDecisionStore } from '../../fakes/decision-store.ts'
import { MemoryLeaderLease } from '../../fakes/leader-lease.ts'

describeDecisionStore('memory', async () => {
  const lease = new MemoryLeaderLease()
  return { lease, name: 'autoscaler', decisions: new MemoryDecisionStore((term) => lease.leads('autoscaler', term)) }
})
