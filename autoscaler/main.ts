/** One autoscaler process; of any number one leads. A straight line: configuration, adapters, HTTP, lease, control loop. */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { parsePools } from '../infra/domain/pools.ts'
import type { TaskName } from '../infra/domain/task.ts'
import { createNodeFleet } from '../infra/node-fleet/fleet.ts'
import { createNomadFleet } from '../infra/nomad/fleet.ts'
import type { Fleet } from '../infra/ports/fleet.ts'
import { createAuditLog } from '../infra/postgres/audit-log.ts'
import { createBootRecord } from '../infra/postgres/boot-record.ts'
import { createCapacityStore } from '../infra/postgres/capacity-store.ts'
import { createDecisionStore } from '../infra/postgres/decision-store.ts'
import { createDemandStore } from '../infra/postgres/demand-store.ts'
import { createDriftStore } from '../infra/postgres/drift-store.ts'
import { createFleetJobs } from '../infra/postgres/fleet-jobs.ts'
import { createKeyStore } from '../infra/postgres/key-store.ts'
import { createLeaderLease } from '../infra/postgres/leader-lease.ts'
import { createMinuteStore } from '../infra/postgres/minute-store.ts'
import { createModelCatalog } from '../infra/postgres/model-catalog.ts'
import { createNodeHourStore } from '../infra/postgres/node-hour-store.ts'
import { createNodeStore } from '../infra/postgres/node-store.ts'
import { createOpenWork } from '../infra/postgres/open-work.ts'
import { createOverrideStore } from '../infra/postgres/override-store.ts'
import { createPlanStore } from '../infra/postgres/plan-store.ts'
import { openPool } from '../infra/postgres/pool.ts'
import { createQuarantineStore } from '../infra/postgres/quarantine-store.ts'
import { createJobReopener } from '../infra/postgres/reopen.ts'
import { createReplayRecord } from '../infra/postgres/replay-record.ts'
import { createScheduleStore } from '../infra/postgres/schedule-store.ts'
import { createUsageStore } from '../infra/postgres/usage-store.ts'
import { createMetricQuery } from '../infra/prometheus/metric-query.ts'
import { openJobQueue } from '../infra/rabbitmq/job-queue.ts'
import { openDispatcher } from '../infra/redis/dispatcher.ts'
import { startAdminServer } from '../infra/runtime/admin-server.ts'
import { type Around, asIs } from '../infra/runtime/around.ts'
import { systemClock } from '../infra/runtime/clock.ts'
import type { Lifecycle } from '../infra/runtime/lifecycle.ts'
import { loadOrExit } from '../infra/runtime/load-or-exit.ts'
import { createLogger } from '../infra/runtime/logger.ts'
import { createMetrics } from '../infra/runtime/metrics.ts'
import { noDispatcher } from '../infra/runtime/no-dispatcher.ts'
import { createPaperFleet } from '../infra/runtime/paper-fleet.ts'
import { runProcess } from '../infra/runtime/run-process.ts'
import { lastingSecrets, type OpenSecrets, type Secrets, secretsOf } from '../infra/runtime/secrets.ts'
import { openNotifier } from '../infra/slack/open-slack.ts'
import { createJudgePool } from './bottlenecks.ts'
import { type AutoscalerConfig, autoscalerConfig, autoscalerRules, scaledPools } from './config.ts'
import { openControl } from './control.ts'
import { watchDrift } from './drift/watch-drift.ts'
import { openEars } from './ears.ts'
import { startHousekeeping } from './housekeeping.ts'
import { LEASE_NAME, startLeading } from './lead.ts'
import { createPatientDepths } from './patient-depths.ts'
import { parseJobs } from './pool-settings.ts'
import { watchQuarantines } from './quarantined-devices.ts'
import { openTriggers } from './triggers/open-triggers.ts'
import { watchBottlenecks } from './watch-bottlenecks.ts'
import { watchNodes } from './watch-nodes.ts'

type Log = ReturnType<typeof createLogger>

/** Connections are few: the lease and a look at each pool. */
const CONNECTION_COUNT = 6

/** Who runs the workers, by the one switch that says so. */
const openFleet = (
  config: AutoscalerConfig,
  { decisions, secrets, log }: { decisions: ReturnType<typeof createDecisionStore>; secrets: Secrets; log: Log },
): Fleet => {
  if (config.FLEET === 'nomad') {
    const { NOMAD_ADDR: address = '', NOMAD_NAMESPACE: namespace, NOMAD_REGION: region, NOMAD_TOKEN: token } = config
    const jobs = parseJobs(config.NOMAD_JOBS)
    const present = token === undefined ? () => undefined : secrets.present('NOMAD_TOKEN', token)
    return createNomadFleet({ address, token: present, namespace, ...(region && { region }) }, (pool) => jobs.get(pool))
  }
  if (config.FLEET === 'local') {
    const { NODE_URL: url = '', NODE_ADMIN_TOKEN: token } = config
    return createNodeFleet({ url, log, ...(token !== undefined && { token }) })
  }
  const bounds = scaledPools(config)
  return createPaperFleet(async (pool) => {
    const [last] = await decisions.list({ pool, limit: 1 })
    return last?.to ?? bounds.get(pool)?.min ?? 0
  })
}

/** Every adapter the autoscaler needs; each registers its own end. */
const openAdapters = async (
  config: AutoscalerConfig,
  life: Lifecycle,
  log: Log,
  around: Around,
  openSecrets: OpenSecrets,
) => {
  const { metrics, registry } = createMetrics('autoscaler')
  const secrets = openSecrets({ log, metrics })
  life.onStop('secrets', () => secrets.stop())
  const url = secrets.present('DATABASE_URL', config.DATABASE_URL)
  const database = openPool({ url, maxCount: CONNECTION_COUNT, applicationName: 'muster autoscaler' })
  life.onStop('postgres', () => database.end())
  const redisUrl = secrets.present('REDIS_URL', config.REDIS_URL ?? '')
  const dispatcher = config.REDIS_URL ? openDispatcher({ url: redisUrl, log }) : noDispatcher
  life.onStop('dispatcher', () => dispatcher.close())
  const broker = { url: secrets.present('RABBITMQ_URL', config.RABBITMQ_URL), log, metrics }
  const queue = createPatientDepths(() => openJobQueue(broker), log)
  life.onStop('rabbitmq', () => queue.close())
  const notifier = openNotifier(config, { clock: systemClock, log, secrets })
  life.onStop('notices', () => notifier.close())
  const decisions = around('decisions', createDecisionStore(database, LEASE_NAME))
  return {
    ...{ metrics, registry, database, dispatcher, queue, notifier, decisions, log, clock: systemClock },
    fleet: around('fleet', openFleet(config, { decisions, secrets, log })),
    lease: around('lease', createLeaderLease(database)),
    demand: around('demand', createDemandStore(database)),
    minutes: createMinuteStore(database),
    boots: createBootRecord(database),
    nodeHours: createNodeHourStore(database),
    usage: createUsageStore(database),
    drift: createDriftStore(database),
    capacities: createCapacityStore(database),
    models: createModelCatalog(database),
    work: createOpenWork(database),
    nodes: createNodeStore(database),
    overrideStore: createOverrideStore(database),
    scheduleStore: createScheduleStore(database),
    plans: createPlanStore(database),
    audit: createAuditLog(database),
    keys: createKeyStore(database),
    fleetJobs: createFleetJobs(database),
    reopener: createJobReopener(database),
    secrets,
    replays: createReplayRecord(database),
  }
}

/**
 * Start one autoscaler in this process.
 * @param around what a fault test puts around the adapters
 * @param openSecrets secrets that keep up with their files
 */
export const startAutoscaler = async (
  config: AutoscalerConfig,
  life: Lifecycle,
  log: Log,
  around: Around = asIs,
  openSecrets: OpenSecrets = () => lastingSecrets,
): Promise<void> => {
  const adapters = await openAdapters(config, life, log, around, openSecrets)
  const { app, overrides, drains } = await openEars(config, life, adapters)
  const admin = await startAdminServer({
    host: config.AUTOSCALER_METRICS_HOST,
    port: config.AUTOSCALER_METRICS_PORT,
    registry: adapters.registry,
    ...app.apiHealth,
  })
  life.onStop('admin', () => admin.close())
  const leading = startLeading(adapters, { holder: `${hostname()}/${process.pid}/${randomUUID()}` })
  life.onStop('lease', () => leading.stop())
  const leads = () => leading.term() !== undefined
  const kept = { ...adapters, driftKeepMs: config.AUTOSCALER_DRIFT_KEEP_MS }
  const housekeeping = startHousekeeping(kept, [...scaledPools(config).keys()], leads)
  life.onStop('housekeeping', () => housekeeping.stop())
  const quarantines = createQuarantineStore(adapters.database)
  const watching = watchQuarantines(quarantines, [...scaledPools(config).keys()], adapters)
  life.onStop('quarantines', () => watching.stop())
  const poolOf = (task: TaskName) => parsePools(config.POOLS).find(({ tasks }) => tasks.includes(task))?.name
  const watchingDrift = watchDrift(adapters, { poolOf, leads })
  life.onStop('drift', () => watchingDrift.stop())
  const judge = createJudgePool(adapters)
  const judging = watchBottlenecks({ ...adapters, judge }, { pools: [...scaledPools(config).keys()], leads })
  life.onStop('bottlenecks', () => judging.stop())
  const watchingNodes = watchNodes({ ...adapters, drains, leads }, [...scaledPools(config).keys()])
  life.onStop('nodes', () => watchingNodes.stop())
  const announceExpired = () => overrides.announceExpired()
  const readTriggers = await openTriggers(config, { ...adapters, openQuery: createMetricQuery })
  const { controller, planner } = openControl(config, {
    ...adapters,
    lead: leading.term,
    announceExpired,
    readTriggers,
    // On a laptop a count is a worker, and its one node cannot be replaced by another.
    ...(config.FLEET !== 'local' && { readDrained: adapters.nodes.drainedCount }),
  })
  life.onStop('controller', () => controller.stop())
  controller.start()
  life.onStop('planner', () => planner.stop())
  planner.start()
  await app.listen({ host: config.AUTOSCALER_HOST, port: config.AUTOSCALER_PORT })
  life.onStop('http', () => app.drain())
  log.info({ addresses: app.addresses(), adminPort: admin.port, fleet: config.FLEET }, 'autoscaler listens')
}

if (import.meta.main) {
  const config = loadOrExit(autoscalerConfig, process.env, autoscalerRules)
  const log = createLogger('autoscaler', config.LOG_LEVEL)
  await runProcess(log, config.AUTOSCALER_GRACE_MS, (life) =>
    startAutoscaler(config, life, log, asIs, secretsOf(process.env)),
  )
}
