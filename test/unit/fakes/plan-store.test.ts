import { describePlanStore } from '../../contract/plan-store.ts'
import { createMemoryPlanStore } from '../../fakes/plan-store.ts'

describePlanStore('memory', async () => createMemoryPlanStore())
