import { userInfo } from 'node:os'
import type { Command } from 'commander'
import { createJudgePool, type JudgePool } from '../autoscaler/bottlenecks.ts'
import { type AutoscalerConfig, scaledPools } from '../autoscaler/config.ts'
import { createDrains, type Drains } from '../autoscaler/drains.ts'
import { createOverrides, type Overrides, type Said } from '../autoscaler/overrides.ts'
import { createReadPools, type ReadPools } from '../autoscaler/pool-status.ts'
import { createSchedules, type Schedules } from '../autoscaler/schedules.ts'
import { DEFAULT_POOLS } from '../infra/domain/pools.ts'
import type { CountBounds } from '../infra/domain/scaling.ts'
import type { DecisionStore } from '../infra/ports/decision-store.ts'
import type { DemandStore } from '../infra/ports/demand-store.ts'
import type { MinuteStore } from '../infra/ports/minute-store.ts'
import type { NodeHourStore } from '../infra/ports/node-hour-store.ts'
import type { NodeStore } from '../infra/ports/node-store.ts'
import type { OverrideStore } from '../infra/ports/override-store.ts'
import type { PlanStore } from '../infra/ports/plan-store.ts'
import type { UsageStore } from '../infra/ports/usage-store.ts'
import { createAuditLog } from '../infra/postgres/audit-log.ts'
import { createDecisionStore } from '../infra/postgres/decision-store.ts'
import { createDemandStore } from '../infra/postgres/demand-store.ts'
import { createMinuteStore } from '../infra/postgres/minute-store.ts'
import { createNodeHourStore } from '../infra/postgres/node-hour-store.ts'
import { createNodeStore } from '../infra/postgres/node-store.ts'
import { createOverrideStore } from '../infra/postgres/override-store.ts'
import { createPlanStore } from '../infra/postgres/plan-store.ts'
import { openPool } from '../infra/postgres/pool.ts'
import { createScheduleStore } from '../infra/postgres/schedule-store.ts'
import { createUsageStore } from '../infra/postgres/usage-store.ts'
import { systemClock } from '../infra/runtime/clock.ts'
import { UsageError } from './exit-code.ts'
import { withEnvFile } from './stack/env-file.ts'
import { stackFolder } from './stack/folder.ts'

/** What there is to read and to say of the fleet. */
export interface FleetDatabase {
  readonly pools: ReadonlyMap<string, CountBounds>
  readonly decisions: Pick<DecisionStore, 'list' | 'at'>
  readonly plans: Pick<PlanStore, 'latest'>
  readonly readPools: ReadPools
  readonly overrides: Pick<Overrides, 'run'>
  readonly overrideStore: Pick<OverrideStore, 'list'>
  readonly schedules: Schedules
  readonly nodeHours: Pick<NodeHourStore, 'list' | 'newest' | 'keep'>
  readonly usage: Pick<UsageStore, 'usage' | 'presence'>
  readonly nodes: Pick<NodeStore, 'list'>
  readonly drains: Pick<Drains, 'drain' | 'release'>
  readonly demand: Pick<DemandStore, 'minutes'>
  readonly minutes: Pick<MinuteStore, 'minutes'>
  readonly judge: JudgePool
}

/** Whoever may reach the database may overrule the fleet: he is named on the trail by his login on this machine. */
export const operator = (): Said => ({ actor: `cli:${userInfo().username}`, channel: 'cli' })

/** Nothing is decided here, so no lease is held. */
const NO_LEASE = ''

/** The bounds that held at the last look count, then what is configured where the command runs. */
const poolsOf = async (
  configured: ReadonlyMap<string, CountBounds>,
  decisions: Pick<DecisionStore, 'list'>,
  named: readonly string[],
): Promise<ReadonlyMap<string, CountBounds>> => {
  const names = [...new Set([...configured.keys(), ...named])]
  const looks = await Promise.all(names.map((pool) => decisions.list({ pool, limit: 1 })))
  return new Map(
    names.flatMap((name, index) => {
      const bounds = looks[index]?.[0]?.bounds ?? configured.get(name)
      return bounds ? [[name, bounds] as const] : []
    }),
  )
}

/**
 * Work on the fleet's part of a stack's database. It needs nothing else: no autoscaler, no fleet, no Slack.
 * @param named pools that the command line names: they are known too when somebody has ever looked at them
 * @throws UsageError, UnavailableError
 */
export const withFleet = async <T>(
  program: Command,
  named: readonly string[],
  work: (fleet: FleetDatabase) => Promise<T>,
): Promise<T> => {
  const env = withEnvFile(stackFolder(program.opts<{ dir?: string }>().dir).env, process.env)
  const { DATABASE_URL, POOLS = DEFAULT_POOLS, AUTOSCALER_POOLS = '' } = env
  if (!DATABASE_URL) throw new UsageError('set DATABASE_URL, or run ./muster up')
  const configured = scaledPools({ POOLS, AUTOSCALER_POOLS } as AutoscalerConfig)
  const database = openPool({ url: DATABASE_URL, maxCount: 1 })
  try {
    const decisions = createDecisionStore(database, NO_LEASE)
    const overrideStore = createOverrideStore(database)
    const scheduleStore = createScheduleStore(database)
    const pools = await poolsOf(configured, decisions, named)
    const shared = { audit: createAuditLog(database), clock: systemClock }
    // Nobody waits here until a message has left: whoever leads tells of what it finds in the database.
    const notifier = { tell: () => {} }
    const [nodes, minutes] = [createNodeStore(database), createMinuteStore(database)]
    return await work({
      pools,
      decisions,
      plans: createPlanStore(database),
      readPools: createReadPools({ decisions, overrides: overrideStore, schedules: scheduleStore }),
      overrides: createOverrides({ ...shared, store: overrideStore, decisions, notifier, pools }),
      overrideStore,
      schedules: createSchedules({ ...shared, store: scheduleStore, pools: [...pools.keys()] }),
      nodeHours: createNodeHourStore(database),
      usage: createUsageStore(database),
      ...{ nodes, minutes, demand: createDemandStore(database) },
      drains: createDrains({ ...shared, store: nodes, notifier, pools }),
      judge: createJudgePool({ minutes, decisions, clock: systemClock }),
    })
  } finally {
    await database.end()
  }
}
