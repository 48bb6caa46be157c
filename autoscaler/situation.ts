import type { CountBounds, ForecastView, KeptDecision, Measurement, Override } from '../infra/domain/scaling.ts'
import type { TriggerReading } from '../infra/domain/trigger.ts'
import type { FleetView } from '../infra/ports/fleet.ts'
import { backstop } from './damping.ts'
import type { Situation } from './policy.ts'
import type { ScheduleEffect } from './schedule.ts'
import { countsOnTheWay } from './zones/progress.ts'

/** What people say of a pool at one instant. */
export interface Wishes {
  readonly schedule: ScheduleEffect
  readonly override: Override | undefined
}

/** Everything that one look brought together. */
export interface Seen {
  readonly measurement: Measurement
  readonly view: FleetView
  readonly forecast: ForecastView | undefined
  readonly wishes: Wishes
  readonly bounds: CountBounds
  readonly doubts: readonly string[]
  /** undefined = the pool has none */
  readonly triggers?: readonly TriggerReading[] | undefined
  /** nodes wanted until now, where that is not what is asked for: a node that moves is asked for twice (count) */
  readonly wantedNow?: number | undefined
}

/**
 * Limits that both we and the fleet keep to. Where they have nothing in common the fleet's hold: it refuses everything else.
 */
export const commonBounds = (own: CountBounds, fleet: CountBounds | undefined): CountBounds => {
  if (!fleet) return own
  const common = { min: Math.max(own.min, fleet.min), max: Math.min(own.max, fleet.max) }
  return common.min <= common.max ? common : fleet
}

/**
 * Requests that wait or are in hand. Without the broker the rows tell; undefined = nobody does.
 */
export const backlogOf = ({ waiting, inHand, unfinished }: Measurement): number | undefined =>
  waiting && inHand ? waiting.value + inHand.value : unfinished?.value

/** Nodes that work. A node that runs and whose workers have no model yet does not. */
const readyNodes = ({ readyWorkers, drained }: Measurement, { runningCount }: FleetView): number => {
  const atWork = Math.max(0, runningCount - (drained?.value ?? 0))
  return readyWorkers === undefined ? atWork : Math.min(atWork, readyWorkers.value)
}

/** What busy nodes do is better than a guess; against a measurement it is only told, as it may be the fault of something else. */
const presentCapacity = ({ capacityPerNode, capacityMeasured, livePerNode }: Measurement): number =>
  capacityMeasured ? capacityPerNode : Math.min(capacityPerNode, livePerNode ?? capacityPerNode)

const whyOf = ({ expert, high }: ForecastView): string => `${expert}, up to ${Number(high.toPrecision(3))}/s`

/** What a look saw, as the policy wants it. The count is what is asked for: nodes that boot are on their way. */
export const situationOf = (seen: Seen): Situation => {
  const { measurement, view, forecast, wishes, bounds, doubts } = seen
  const { pool, at, rate, bootMs } = measurement
  const backlog = backlogOf(measurement) ?? 0
  return {
    pool,
    now: at,
    count: seen.wantedNow ?? view.desiredCount,
    forecast: forecast && { desired: forecast.desired, why: whyOf(forecast) },
    backstop: backstop(
      backlog,
      readyNodes(measurement, view),
      rate?.value ?? forecast?.expected ?? 0,
      presentCapacity(measurement),
      bootMs / 1_000,
    ),
    ...wishes,
    bounds,
    doubts,
    triggers: seen.triggers ?? [],
    drained: measurement.drained?.value ?? 0,
  }
}

/** Counts that a pool may have after a decision, whoever looks: more than one where it is not known what came of it. */
const countsAfter = ({ from, to, outcome, zones }: KeptDecision): readonly number[] => {
  const onTheWay = zones ? countsOnTheWay(zones) : []
  switch (outcome) {
    case 'applied':
      return [to]
    case 'intended':
    case 'unavailable':
    case 'abandoned':
      return [from, ...onTheWay, to]
    case 'none':
    case 'forecast-only':
      return [from]
    default:
      // Refused on its way, some zones may have been done.
      return [...onTheWay, from]
  }
}

/** Did somebody else change the count since the last look? Then it is the count now: people who do that know why. */
export const externalChange = (last: KeptDecision | undefined, present: number): KeptDecision['external'] => {
  if (!last) return undefined
  const expected = countsAfter(last)
  return expected.includes(present) ? undefined : { before: expected.at(-1) as number, after: present }
}
