import type { Plan } from '../../infra/domain/scaling.ts'
import type { PlanStore } from '../../infra/ports/plan-store.ts'

/** Plans in memory, for unit tests. Passes the port's contract suite. */
export const createMemoryPlanStore = (): PlanStore => {
  const plans = new Map<string, Plan>()
  return {
    async put(plan) {
      const before = plans.get(plan.pool)
      if (!before || before.at <= plan.at) plans.set(plan.pool, structuredClone(plan))
    },
    latest: async (pool) => plans.get(pool),
  }
}
