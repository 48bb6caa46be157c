import { parsePools } from '../infra/domain/pools.ts'
import type { DecisionStore } from '../infra/ports/decision-store.ts'
import type { DemandStore } from '../infra/ports/demand-store.ts'
import type { Fleet } from '../infra/ports/fleet.ts'
import type { Logger } from '../infra/ports/logger.ts'
import type { Metrics } from '../infra/ports/metrics.ts'
import type { Notifier } from '../infra/ports/notifier.ts'
import type { OverrideStore } from '../infra/ports/override-store.ts'
import type { PlanStore } from '../infra/ports/plan-store.ts'
import type { ScheduleStore } from '../infra/ports/schedule-store.ts'
import type { Lead } from './act.ts'
import { Alarms } from './alarms.ts'
import { type AutoscalerConfig, scaledPools } from './config.ts'
import { type Controller, createController } from './controller.ts'
import { createEvaluate } from './evaluate.ts'
import { showLooks } from './gauges.ts'
import { createLearner, type Learner } from './learner.ts'
import { createMeasure, type MeasureDeps } from './measure.ts'
import { allow, onTrial, tellOnly } from './permit.ts'
import { createPlanner, type Planner } from './planner.ts'
import { parseCapacities, parseZoneWeights } from './pool-settings.ts'
import { reconcile } from './reconcile.ts'
import { createTell } from './tell.ts'
import type { ReadTriggers } from './triggers/read-triggers.ts'

/** What the control loop works with. */
export interface ControlDeps extends MeasureDeps {
  readonly decisions: DecisionStore
  readonly fleet: Fleet
  readonly demand: DemandStore
  readonly overrideStore: OverrideStore
  readonly scheduleStore: ScheduleStore
  readonly plans: PlanStore
  readonly notifier: Notifier
  readonly metrics: Metrics
  readonly log: Logger
  readonly lead: Lead
  /** custom triggers; none unless told */
  readonly readTriggers?: ReadTriggers
  readonly announceExpired: () => Promise<void>
}

const permitOf = (config: AutoscalerConfig, { decisions }: ControlDeps) => {
  if (config.AUTOSCALER_MODE === 'forecast-only') return tellOnly
  return config.AUTOSCALER_TRUST_NEW_POOLS ? allow : onTrial(decisions)
}

/** The control loop and the planner, over all pools of a configuration. */
export const openControl = (
  config: AutoscalerConfig,
  deps: ControlDeps,
): { readonly controller: Controller; readonly planner: Planner } => {
  const { demand, decisions, fleet, lead, clock, log } = deps
  const bounds = scaledPools(config)
  const pools = [...bounds.keys()]
  const intervalMs = config.AUTOSCALER_INTERVAL_MS
  const capacities = parseCapacities(config.AUTOSCALER_CAPACITY)
  const capacityPerNode = (pool: string) => capacities.byPool.get(pool) ?? capacities.byDefault ?? 1
  const measured = { pools: parsePools(config.POOLS), bootMs: config.AUTOSCALER_BOOT_MS, capacityPerNode }
  const zoneWeights = parseZoneWeights(config.AUTOSCALER_ZONE_WEIGHTS)
  const learners = new Map<string, Learner>(pools.map((pool) => [pool, createLearner({ demand, clock }, pool)]))
  const alarms = new Alarms(deps.notifier)
  const tell = createTell(deps)
  const evaluate = createEvaluate(
    {
      ...{ ...deps, alarms, tell, permit: permitOf(config, deps), measure: createMeasure(deps, measured) },
      learnerOf: (pool) => learners.get(pool) as Learner,
    },
    {
      boundsOf: (pool) => bounds.get(pool) ?? { min: 0, max: 0 },
      ...{ intervalMs, zoneWeight: (zone) => zoneWeights.get(zone) ?? 1 },
    },
  )
  const planner = createPlanner(deps, { bounds, capacityPerNode })
  const controller = createController(
    {
      ...{ ...deps, evaluate, random: Math.random },
      seen: showLooks(deps.metrics, { alarms, leads: () => lead() !== undefined, pools }),
      overrides: deps.overrideStore,
      schedules: deps.scheduleStore,
      reconcile: () => reconcile({ decisions, fleet, log }),
    },
    { pools, intervalMs },
  )
  return { controller, planner }
}
