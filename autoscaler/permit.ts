import type { Decision, Override } from '../infra/domain/scaling.ts'
import type { DecisionStore } from '../infra/ports/decision-store.ts'

/**
 * May a decision be done, or only told?
 * @param now epoch ms by the database's clock
 * @returns why it is only told; undefined = it may be done
 * @throws UnavailableError
 */
export type Permit = (decision: Decision, override: Override | undefined, now: number) => Promise<string | undefined>

const WEEK_MS = 7 * 86_400_000

/** Every decision is done. */
export const allow: Permit = async () => undefined

/** None is. */
export const tellOnly: Permit = async () => 'AUTOSCALER_MODE is forecast-only'

/**
 * In the first week of a pool people see what would be done before anything is. What a person has said is done all the
 * same: whoever pins a count means it.
 */
export const onTrial = (decisions: Pick<DecisionStore, 'list'>): Permit => {
  const known = new Set<string>()
  return async ({ pool }, override, now) => {
    if (override || known.has(pool)) return undefined
    const [old] = await decisions.list({ pool, before: now - WEEK_MS, limit: 1 })
    if (!old) return 'first week of this pool'
    known.add(pool)
    return undefined
  }
}
