import { createManageDeadLetters } from '../infra/dead-letters/redrive.ts'
import type { DeadLetters, JobReopener } from '../infra/ports/dead-letters.ts'
import type { DecisionStore } from '../infra/ports/decision-store.ts'
import type { NodeHourStore } from '../infra/ports/node-hour-store.ts'
import type { NodeStore } from '../infra/ports/node-store.ts'
import type { Notifier } from '../infra/ports/notifier.ts'
import type { OverrideStore } from '../infra/ports/override-store.ts'
import type { ReplayRecord } from '../infra/ports/replay-record.ts'
import type { ScheduleStore } from '../infra/ports/schedule-store.ts'
import type { UsageStore } from '../infra/ports/usage-store.ts'
import { ALIVE, runChecks } from '../infra/runtime/health.ts'
import type { Lifecycle } from '../infra/runtime/lifecycle.ts'
import type { Secrets } from '../infra/runtime/secrets.ts'
import { VERSION } from '../infra/runtime/version.ts'
import { peopleOf } from '../infra/slack/config.ts'
import { openHearing } from '../infra/slack/open-slack.ts'
import { type AutoscalerAppDeps, buildAutoscalerApp } from './app.ts'
import { createChat } from './chat.ts'
import { type AutoscalerConfig, pricesOf, scaledPools } from './config.ts'
import { openPage } from './console/open-page.ts'
import { createDeadLetterDesk } from './dead-letter-desk.ts'
import { createDrains } from './drains.ts'
import { createReckonCost } from './fleet-cost.ts'
import { createOverrides } from './overrides.ts'
import { createReadPools } from './pool-status.ts'
import { createSchedules } from './schedules.ts'

const KEEP_ALIVE_MS = 72_000
const REQUEST_TIMEOUT_MS = 30_000

type MadeHere = 'overrides' | 'drains' | 'schedules' | 'deadLetterDesk' | 'reckonCost' | 'healthOf' | 'page' | 'slack'

/** What people's words are heard with: the adapters, as they were opened. */
export interface EarsDeps extends Omit<AutoscalerAppDeps, MadeHere> {
  readonly decisions: DecisionStore
  readonly overrideStore: OverrideStore
  readonly scheduleStore: ScheduleStore
  readonly nodes: NodeStore
  readonly notifier: Notifier
  readonly replays: ReplayRecord
  readonly secrets: Secrets
  readonly queue: { readonly deadLetters: DeadLetters }
  readonly reopener: JobReopener
  readonly nodeHours: NodeHourStore
  readonly usage: UsageStore
  readonly database: { alive(): Promise<boolean> }
}

/** Tried again, a job gets the time that a new one gets. */
const openDesk = (config: AutoscalerConfig, { queue, reopener, audit, clock }: EarsDeps) => {
  const { deadLetters } = queue
  const deadlineMs = { interactive: config.API_DEADLINE_INTERACTIVE_MS, bulk: config.API_DEADLINE_BULK_MS }
  const manage = createManageDeadLetters({ deadLetters, reopener, audit }, deadlineMs)
  return createDeadLetterDesk({ deadLetters, manage, clock })
}

/** What people may say, by HTTP and Slack; any process hears it, whoever leads. It does not listen yet. */
export const openEars = async (config: AutoscalerConfig, life: Lifecycle, adapters: EarsDeps) => {
  const { overrideStore, scheduleStore, decisions, audit, notifier, clock, log } = adapters
  const bounds = scaledPools(config)
  const pools = [...bounds.keys()]
  const overrides = createOverrides({ store: overrideStore, decisions, audit, notifier, clock, pools: bounds })
  const drains = createDrains({ store: adapters.nodes, audit, notifier, clock, pools: bounds })
  const schedules = createSchedules({ store: scheduleStore, audit, clock, pools })
  const readPools = createReadPools({ decisions, overrides: overrideStore, schedules })
  const people = { operators: peopleOf(config.SLACK_OPERATORS), admins: peopleOf(config.SLACK_ADMINS) }
  const chat = createChat({ overrides, schedules, readPools, decisions, audit, clock, log }, { pools, ...people })
  const hearing = openHearing(config, { ...adapters, chat })
  life.onStop('slack', () => hearing.close())
  const databaseAlive = { name: 'postgres', required: true, probe: () => adapters.database.alive() }
  const mode = config.AUTOSCALER_MODE === 'apply' ? ('apply' as const) : ('forecast-only' as const)
  const app = await buildAutoscalerApp(
    {
      ...{ ...adapters, overrides, drains, schedules, page: await openPage(log) },
      deadLetterDesk: openDesk(config, adapters),
      reckonCost: createReckonCost(adapters, pools, pricesOf(config)),
      ...(hearing.addRoutes ? { slack: hearing.addRoutes } : {}),
      healthOf: (draining) => ({
        live: () => ALIVE,
        ready: () => runChecks([{ name: 'serving', required: true, probe: () => !draining() }, databaseAlive]),
        startup: () => ALIVE,
      }),
    },
    {
      ...{ keepAliveMs: KEEP_ALIVE_MS, requestTimeoutMs: REQUEST_TIMEOUT_MS, version: VERSION },
      shutdownDelayMs: config.AUTOSCALER_SHUTDOWN_DELAY_MS,
      closeMs: Math.floor((config.AUTOSCALER_GRACE_MS - config.AUTOSCALER_SHUTDOWN_DELAY_MS) / 2),
      fleetTenant: config.FLEET_TENANT,
      pools: [...bounds].map(([name, own]) => ({ name, bounds: own, mode })),
    },
  )
  return { app, overrides, drains }
}
