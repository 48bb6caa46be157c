import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Plan } from '../../infra/domain/scaling.ts'
import type { PlanStore } from '../../infra/ports/plan-store.ts'

const AT = 1_700_000_400_000

const aPlan = (overrides: Partial<Plan> = {}): Plan => ({
  pool: `pool-${randomUUID().slice(0, 8)}`,
  at: AT,
  count: 5,
  trend: { rate: 40, slope: 0.5, ahead: 60, desired: 6 },
  forecast: undefined,
  hours: [{ at: AT + 3_600_000, rate: 70, desired: 7 }],
  windows: [{ name: 'opening', effectiveAt: AT + 60_000, says: 'floor 9' }],
  ...overrides,
})

/** What every adapter of the plan store port must do. */
export const describePlanStore = (adapter: string, open: () => Promise<PlanStore>): void => {
  describe(`PlanStore on ${adapter}`, () => {
    it('keeps the last plan of each pool', async () => {
      const [store, plan] = [await open(), aPlan()]
      expect(await store.latest(plan.pool)).toBeUndefined()
      await store.put(plan)
      await store.put(aPlan())
      expect(await store.latest(plan.pool)).toEqual(plan)
      const next = { ...plan, at: AT + 1, trend: undefined }
      await store.put(next)
      expect(await store.latest(plan.pool)).toEqual(next)
    })

    it('puts no older plan in the place of a newer one', async () => {
      const [store, plan] = [await open(), aPlan()]
      await store.put(plan)
      await store.put({ ...plan, at: AT - 1, count: 99 })
      expect(await store.latest(plan.pool)).toEqual(plan)
    })
  })
}
