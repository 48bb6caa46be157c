import type { KeptDecision } from '../../infra/domain/scaling.ts'
import type { ZonePlan } from '../../infra/domain/zones.ts'
import type { FleetView } from '../../infra/ports/fleet.ts'

type Done = Pick<KeptDecision, 'to' | 'zones'>

const total = (plan: ZonePlan, side: 'before' | 'after'): number =>
  plan.shares.reduce((sum, share) => sum + share[side], 0)

/** Does a plan ask any zone for another count? */
export const moves = (plan: ZonePlan | undefined): boolean =>
  plan?.shares.some(({ before, after }) => before !== after) ?? false

/** Does the fleet have what was decided, in every zone? */
export const isDone = ({ to, zones }: Done, view: FleetView): boolean =>
  view.desiredCount === to &&
  (zones?.shares.every(({ zone, after }) =>
    view.zones?.some((one) => one.zone === zone && one.desiredCount === after),
  ) ??
    true)

/** Counts that a pool has on the way of a plan, the first and the last included: zones are raised first, then lowered. */
export const countsOnTheWay = (plan: ZonePlan): readonly number[] => {
  const counts = [total(plan, 'before')]
  const rises = plan.shares.filter(({ before, after }) => after > before)
  const falls = plan.shares.filter(({ before, after }) => after < before)
  for (const { before, after } of [...rises, ...falls]) counts.push((counts.at(-1) as number) + after - before)
  return counts
}

/**
 * Nodes wanted of a pool now: what it is asked for, without what the last decision asked for twice.
 * @param last undefined = there is none
 */
export const wantedNow = (last: KeptDecision | undefined, { desiredCount, zones }: FleetView): number => {
  const plan = last?.zones
  if (!plan || !zones) return desiredCount
  if (last.outcome === 'none' || last.outcome === 'applied')
    return desiredCount === last.to ? plan.wanted : desiredCount
  if (last.outcome === 'forecast-only') return desiredCount === last.from ? plan.wantedBefore : desiredCount
  if (!countsOnTheWay(plan).includes(desiredCount)) return desiredCount
  const [least, most] = [plan.wantedBefore, plan.wanted].toSorted((a, b) => a - b) as [number, number]
  return Math.min(most, Math.max(least, desiredCount))
}

/** The zones of a pool whose count stays as the last decision left it. */
export const heldPlan = ({ outcome, zones }: KeptDecision): ZonePlan | undefined => {
  if (!zones) return undefined
  const isApplied = outcome === 'applied'
  const wanted = isApplied ? zones.wanted : zones.wantedBefore
  const shares = zones.shares.map((share) => {
    const count = isApplied ? share.after : share.before
    return { ...share, before: count, after: count }
  })
  return { wantedBefore: wanted, wanted, shares }
}
