import { FleetDeniedError, PoolUnknownError } from '../infra/domain/errors.ts'
import type { KeptDecision } from '../infra/domain/scaling.ts'
import type { DecisionStore } from '../infra/ports/decision-store.ts'
import type { Logger } from '../infra/ports/logger.ts'
import type { Lead, PoolMemory } from './act.ts'
import type { Alarms } from './alarms.ts'
import { contradiction } from './capacity.ts'
import type { Look } from './measure.ts'
import { hanging } from './placements.ts'
import type { Seen, Wishes } from './situation.ts'
import { heldPlan } from './zones/progress.ts'
import { troubles } from './zones/words.ts'

/** Looks in a row until people hear of it: one may be a restart. */
const FLEET_LOOKS = 3
const DOUBT_LOOKS = 2
/** Doubts are told after so long, however short the looks are. */
const DOUBT_MS = 30_000

/** A busy minute says little of what nodes can do. */
const CAPACITY_MS = 300_000

/** Builds what raises and ends alarms by what a look saw. */
export const createWatch = (alarms: Alarms, intervalMs: number) => {
  const doubtLooks = Math.max(DOUBT_LOOKS, Math.ceil(DOUBT_MS / intervalMs))

  const watchPlacements = ({ measurement, view }: Seen, memory: PoolMemory): void => {
    const { pool, at, bootMs } = measurement
    memory.hanging = hanging(view, memory.hanging, memory.last?.measurement.asked?.value, at)
    if (!memory.hanging) {
      alarms.clear('placements', pool, at, `${pool}: all nodes run`)
      return
    }
    const { since, missingCount } = memory.hanging
    if (at - since <= bootMs) return
    const [seconds, boot] = [at - since, bootMs].map((ms) => Math.round(ms / 1_000))
    const line = `${pool}: ${missingCount} of ${view.desiredCount} nodes have not come up for ${seconds} s; a boot takes ${boot} s`
    alarms.raise('placements', pool, at, [line], 1)
  }

  const watchCapacity = ({ measurement }: Seen): void => {
    const { pool, at, livePerNode, capacityDoubt } = measurement
    const outdated = capacityDoubt && `${pool}: ${capacityDoubt}: measure it again`
    const line = contradiction(measurement) ?? outdated
    if (line !== undefined) alarms.raise('capacity', pool, at, [line], Math.ceil(CAPACITY_MS / intervalMs))
    // Nodes that have room do not tell whether it still is so.
    else if (livePerNode !== undefined) alarms.clear('capacity', pool, at, `${pool}: busy nodes do what was measured`)
  }

  return (seen: Seen, memory: PoolMemory): void => {
    const { pool, at } = seen.measurement
    alarms.clear('fleet', pool, at, `${pool}: the fleet answers again`)
    alarms.clear('denied', pool, at, `${pool}: the fleet knows us and the pool again`)
    watchPlacements(seen, memory)
    watchCapacity(seen)
    if (seen.doubts.length === 0) alarms.clear('doubts', pool, at, `${pool}: what is measured can be relied on again`)
    else alarms.raise('doubts', pool, at, [`${pool}: no node goes while in doubt`, ...seen.doubts], doubtLooks)
  }
}

/** Builds what raises and ends the alarm about zones that give no nodes, by what was decided. */
export const createZoneWatch =
  (alarms: Alarms) =>
  ({ pool, at, zones }: Pick<KeptDecision, 'pool' | 'at' | 'zones'>): void => {
    const lines = zones ? troubles(zones) : []
    if (lines.length === 0) alarms.clear('zones', pool, at, `${pool}: all zones give nodes`)
    else
      alarms.raise(
        'zones',
        pool,
        at,
        lines.map((line) => `${pool}: ${line}`),
        1,
      )
  }

interface AwayDeps {
  readonly decisions: Pick<DecisionStore, 'begin'>
  readonly alarms: Alarms
  readonly log: Logger
}

/**
 * Builds what follows a look that found no count: it stays as it is, which is said and written down.
 * @returns false = somebody else leads
 */
export const createAway = ({ decisions, alarms, log }: AwayDeps, intervalMs: number) => {
  const sayWhy = ({ measurement: { pool, at }, fleetError: error }: Look): string => {
    const denied = error instanceof FleetDeniedError || error instanceof PoolUnknownError
    const why = error instanceof Error ? error.message : 'the fleet does not answer'
    const lines = [`${pool}: ${why}; the count stays as it is`]
    if (alarms.raise(denied ? 'denied' : 'fleet', pool, at, lines, denied ? 1 : FLEET_LOOKS))
      log.error({ pool, error }, 'the count cannot be read or changed: it stays as it is')
    return why
  }

  return async (look: Look, lead: Lead, wishes: Wishes, memory: PoolMemory): Promise<boolean> => {
    const why = sayWhy(look)
    const { measurement } = look
    const [term, { last }] = [lead(), memory]
    if (term === undefined) return false
    if (!last) return true
    const count = last.outcome === 'applied' ? last.to : last.from
    const held: Omit<KeptDecision, 'id'> = {
      ...{ pool: measurement.pool, at: measurement.at, from: count, to: count, direction: 'none', steps: [] },
      ...{ without: { schedule: count, override: count }, term, measurement, forecast: undefined },
      ...{ schedule: wishes.schedule.by, override: wishes.override, bounds: last.bounds, doubts: [why] },
      ...{ outcome: 'unavailable', outcomeWhy: why, nextAt: measurement.at + intervalMs, zones: heldPlan(last) },
      triggers: memory.triggers?.readings,
    }
    const begun = await decisions.begin(held)
    if (begun.kind === 'deposed') return false
    // What came of a change before it is still not known.
    if (last.outcome !== 'unavailable') memory.last = { ...held, id: begun.id }
    return true
  }
}
