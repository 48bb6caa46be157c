import type { Plan } from '../domain/scaling.ts'

/** The last plan of each pool. @throws UnavailableError */
export interface PlanStore {
  put(plan: Plan): Promise<void>
  /** undefined = there was none yet */
  latest(pool: string): Promise<Plan | undefined>
}
