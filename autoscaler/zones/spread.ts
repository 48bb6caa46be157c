import type { CountBounds, Decision, DecisionStep, KeptDecision, Measurement } from '../../infra/domain/scaling.ts'
import type { ZonePlan, ZoneState } from '../../infra/domain/zones.ts'
import type { FleetView } from '../../infra/ports/fleet.ts'
import { conditionOf } from './condition.ts'
import { shareOut } from './share-out.ts'
import { whyTwice } from './words.ts'

/** A decision with its spread over zones, where the pool has some. */
export interface SpreadDecision extends Decision {
  readonly zones: ZonePlan | undefined
}

interface SpreadInputs {
  readonly view: FleetView
  readonly bounds: CountBounds
  readonly states: readonly ZoneState[] | undefined
  readonly weightOf: (zone: string) => number
}

const stateOf = (states: readonly ZoneState[] | undefined, zone: string): ZoneState | undefined =>
  states?.find((state) => state.zone === zone)

interface ZoneMemory {
  readonly last: Pick<KeptDecision, 'zones'> | undefined
  zones?: readonly ZoneState[]
}

/** Brings what is remembered of the zones up to this look; a new leader takes it up where the last decision left it. */
export const rememberZones = (
  memory: ZoneMemory,
  { zones }: FleetView,
  { at, bootMs }: Pick<Measurement, 'at' | 'bootMs'>,
): void => {
  if (!zones) {
    delete memory.zones
    return
  }
  const before = memory.zones ?? memory.last?.zones?.shares
  memory.zones = zones.map((view) => conditionOf(stateOf(before, view.zone), view, { at, bootMs }))
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)

/** What is asked for twice, or not yet, is a step of its own before and after all others. */
const stepsAround = (asked: number, decision: Decision, to: number, plan: ZonePlan): readonly DecisionStep[] => {
  const twice = (before: number, after: number): readonly DecisionStep[] =>
    before === after ? [] : [{ by: 'zones', before, after, why: whyTwice(plan) }]
  if (asked === to && decision.from === decision.to) return decision.steps
  return [...twice(asked, decision.from), ...decision.steps, ...twice(decision.to, to)]
}

/**
 * Spread a decision over the zones of its pool. Its counts become those that are asked for, with what is asked for twice on
 * the way; without zones it stays as it is. Pure.
 */
export const spread = (decision: Decision, { view, bounds, states, weightOf }: SpreadInputs): SpreadDecision => {
  const { zones: views } = view
  if (!views) return { ...decision, zones: undefined }
  const known = views.map(
    (one) => stateOf(states, one.zone) ?? conditionOf(undefined, one, { at: decision.at, bootMs: 0 }),
  )
  const counts = { wantedBefore: decision.from, wanted: decision.to }
  const plan = shareOut({ views, states: known, weightOf, bounds, ...counts })
  const to = sum(plan.shares.map(({ after }) => after))
  const from = view.desiredCount
  return {
    ...decision,
    ...{ from, to, direction: to > from ? 'up' : to < from ? 'down' : 'none' },
    steps: stepsAround(from, decision, to, plan),
    zones: plan,
  }
}
