/** One worker process for one pool. A straight line: configuration, adapters, models, then the first delivery. */
import { hostname } from 'node:os'
import { modelsText } from '../infra/domain/models-text.ts'
import { parsePools } from '../infra/domain/pools.ts'
import type { TaskName } from '../infra/domain/task.ts'
import { openPictureSealer } from '../infra/encryption/picture-sealer.ts'
import { openModelStore } from '../infra/model-store/open-model-store.ts'
import { openBlobStore } from '../infra/object-storage/open-blob-store.ts'
import { createPictureCodec } from '../infra/pictures/codec.ts'
import type { Logger } from '../infra/ports/logger.ts'
import type { Metrics } from '../infra/ports/metrics.ts'
import type { Tracer } from '../infra/ports/tracer.ts'
import { createBootRecord } from '../infra/postgres/boot-record.ts'
import { createDriftStore } from '../infra/postgres/drift-store.ts'
import { createJobStore } from '../infra/postgres/job-store.ts'
import { createMinuteStore } from '../infra/postgres/minute-store.ts'
import { createModelCatalog } from '../infra/postgres/model-catalog.ts'
import { type Database, openPool } from '../infra/postgres/pool.ts'
import { createPublishRecord } from '../infra/postgres/publish-record.ts'
import { createRolloutStore } from '../infra/postgres/rollout-store.ts'
import { createUsageStore } from '../infra/postgres/usage-store.ts'
import { openJobQueue } from '../infra/rabbitmq/job-queue.ts'
import { RETRY_DELAYS_MS } from '../infra/rabbitmq/topology.ts'
import { openDispatcher } from '../infra/redis/dispatcher.ts'
import { noResultCache, openResultCache } from '../infra/redis/result-cache.ts'
import { startAdminServer } from '../infra/runtime/admin-server.ts'
import { type Around, asIs, outside } from '../infra/runtime/around.ts'
import { systemClock } from '../infra/runtime/clock.ts'
import { countMinutes } from '../infra/runtime/count-minutes.ts'
import { ALIVE, runChecks } from '../infra/runtime/health.ts'
import type { Lifecycle } from '../infra/runtime/lifecycle.ts'
import { loadOrExit } from '../infra/runtime/load-or-exit.ts'
import { createLogger } from '../infra/runtime/logger.ts'
import { createMetrics } from '../infra/runtime/metrics.ts'
import { modelStorageOptions } from '../infra/runtime/model-config.ts'
import { noDispatcher } from '../infra/runtime/no-dispatcher.ts'
import { runProcess } from '../infra/runtime/run-process.ts'
import { type OpenSecrets, type Secrets, secretsAsAtStart, secretsOf } from '../infra/runtime/secrets.ts'
import { sayRefused, storageOptions } from '../infra/runtime/shared-config.ts'
import { openTracing, type Tracing } from '../infra/telemetry/open-tracing.ts'
import { announceModels } from './announce-models.ts'
import { createBootNotes } from './boot-notes.ts'
import { type WorkerConfig, workerConfig, workerRules } from './config.ts'
import { startCounting } from './counting.ts'
import { createThreadExecutor } from './inference/thread-executor.ts'
import { modelSettings } from './model-settings.ts'
import { obtainModels } from './models/source.ts'
import { connectToNode, type NodeLink } from './node/connect.ts'
import type { PoolWorker } from './pool-worker.ts'
import { candidatesIn, startRollouts } from './rollout/start-rollouts.ts'
import { startDeliveries } from './start-deliveries.ts'
import { startMinutes } from './usage/start-minutes.ts'

const workerLog = (config: WorkerConfig, tracing: Tracing | undefined) =>
  createLogger('worker', config.LOG_LEVEL, tracing?.logFields).child({
    pool: config.WORKER_POOL,
    worker: config.WORKER_INDEX,
  })

/** Published models; undefined where the configuration names none. */
const openModels = (config: WorkerConfig, secrets: Secrets, log: Logger) =>
  openModelStore(config, (url) => openBlobStore(url, modelStorageOptions(config, secrets)).store, log)

/** Every adapter the worker needs; each registers its own end. */
const openAdapters = async (
  config: WorkerConfig,
  life: Lifecycle,
  log: Logger,
  metrics: Metrics,
  around: Around,
  secrets: Secrets,
  tracer: Tracer | undefined,
) => {
  const { present } = secrets
  const databaseUrl = present('DATABASE_URL', config.DATABASE_URL)
  const redisUrl = present('REDIS_URL', config.REDIS_URL ?? '')
  const shared = { url: databaseUrl, applicationName: 'muster worker', byIndex: true }
  const database = openPool({ ...shared, maxCount: 3 })
  life.onStop('postgres', () => database.end())
  const hasty = openPool({ ...shared, maxCount: 2, durable: false })
  life.onStop('postgres, not durable', () => hasty.end())
  const onRefused = () => sayRefused(log, metrics)
  const { store } = openBlobStore(config.STORAGE_URL, { ...storageOptions(config, secrets), onRefused })
  life.onStop('storage', () => store.close())
  const cache = config.REDIS_URL
    ? openResultCache({ url: redisUrl, log, ttlMs: config.WORKER_CACHE_TTL_MS })
    : noResultCache
  life.onStop('redis', () => cache.close())
  const dispatcher = config.REDIS_URL ? openDispatcher({ url: redisUrl, log }) : noDispatcher
  life.onStop('dispatcher', () => dispatcher.close())
  const record = createPublishRecord(hasty)
  const mending = {
    pools: parsePools(config.POOLS).map(({ name }) => name),
    onLost: async () => void (await record.forget()),
  }
  const url = present('RABBITMQ_URL', config.RABBITMQ_URL)
  const broker = await openJobQueue({ url, log, metrics, mending, tracer })
  life.onStop('rabbitmq', () => broker.close())
  return {
    database,
    minuteStore: around('minutes', createMinuteStore(hasty)),
    jobs: around('jobs', createJobStore(database, hasty)),
    blobs: around('blobs', store),
    cache: around('cache', cache),
    dispatcher: around('dispatcher', dispatcher),
    queue: around('queue', broker),
  }
}

/** Where operators and the node look at this worker. @param worker once there is one */
const startAdmin = async (
  config: WorkerConfig,
  life: Lifecycle,
  registry: ReturnType<typeof createMetrics>['registry'],
  worker: () => PoolWorker | undefined,
) => {
  const node = connectToNode({
    registry,
    status: () => ({ consuming: worker()?.consuming() ?? false, busy: worker()?.busyCount() ?? 0 }),
  })
  life.onStop('node link', () => node.stop())
  const ready = () => runChecks([{ name: 'consuming', required: true, probe: () => worker()?.consuming() ?? false }])
  const admin = await startAdminServer({
    ...{ host: config.WORKER_ADMIN_HOST, port: config.WORKER_ADMIN_PORT, registry },
    ...{ live: () => ALIVE, about: node.about },
    ready,
    startup: ready,
  })
  life.onStop('admin', () => admin.close())
  return { node, adminPort: admin.port }
}

interface ExecutorDeps {
  readonly secrets: Secrets
  readonly metrics: Metrics
  readonly log: Logger
  readonly tasks: readonly TaskName[]
  readonly node: Pick<NodeLink, 'deviceFault'>
  readonly fail: (error: unknown) => void
}

/** The models, on threads of their own; with where candidates come from. */
const openExecutor = async (
  config: WorkerConfig,
  life: Lifecycle,
  { secrets, metrics, log, tasks, node, fail }: ExecutorDeps,
) => {
  const published = openModels(config, secrets, log)
  life.onStop('models', () => published?.close())
  const modelsDir = await obtainModels(config, { store: published, metrics, log })
  const { WORKER_THREADS: threadCount, WORKER_JOB_TIMEOUT_MS: jobTimeoutMs, WORKER_PROBE_MS: probeMs } = config
  const settings = { ...modelSettings(config, modelsDir), threadCount, jobTimeoutMs, log }
  const { deviceFault: onDeviceFault } = node
  const executor = await createThreadExecutor({ ...settings, tasks, probeMs, onHang: fail, onDeviceFault })
  life.onStop('executor', () => executor.close())
  return { executor, settings, source: published ?? candidatesIn(modelsDir) }
}

/** Where runs are counted. */
const countStores = (database: Database) => ({ usage: createUsageStore(database), drift: createDriftStore(database) })

/** What following rollouts needs of the database. */
const rolloutStores = (database: Database) => ({
  store: createRolloutStore(database),
  catalog: createModelCatalog(database),
})

/**
 * Start one worker in this process.
 * @param fail ends the process from inside
 * @param given what a fault test puts around the adapters
 * @param openSecrets secrets that keep up with their files
 * @param tracing undefined = no spans
 * @throws UnavailableError when a server it cannot do without is away
 */
export const startWorker = async (
  config: WorkerConfig,
  life: Lifecycle,
  fail: (error: unknown) => void,
  given: Around = asIs,
  openSecrets: OpenSecrets = secretsAsAtStart,
  tracing?: Tracing,
): Promise<void> => {
  const place = `${hostname()}/${config.WORKER_POOL}/${config.WORKER_INDEX}`
  const workerId = `${place}/${process.pid}`
  const log = workerLog(config, tracing)
  const tasks = parsePools(config.POOLS).find(({ name }) => name === config.WORKER_POOL)?.tasks ?? []
  const { metrics: own, registry } = createMetrics('worker')
  const minutes = countMinutes(own, config, systemClock)
  const { metrics } = minutes
  const secrets = openSecrets({ log, metrics })
  life.onStop('secrets', () => secrets.stop())
  tracing?.connect({ secrets, log, metrics })
  life.onStop('traces', () => tracing?.stop())
  const around = tracing ? outside(tracing.around, given) : given
  let worker: PoolWorker | undefined
  const { node, adminPort } = await startAdmin(config, life, registry, () => worker)

  const models = await openExecutor(config, life, { secrets, metrics, log, tasks, node, fail })
  const { executor } = models
  const { database, minuteStore, ...adapters } = await openAdapters(
    config,
    life,
    log,
    metrics,
    around,
    secrets,
    tracing?.tracer,
  )
  const identity = { workerId, pool: config.WORKER_POOL, agoMs: process.uptime() * 1000 }
  const bootNotes = createBootNotes({ record: createBootRecord(database), log }, identity)
  life.onStop('boot notes', () => bootNotes.settled())
  worker = await startDeliveries(
    {
      ...adapters,
      executor,
      pictures: around('codec', createPictureCodec()),
      tracer: tracing?.tracer,
      sealer: openPictureSealer(config, secrets.follow),
      watch: bootNotes.watch,
      count: startCounting({ ...countStores(database), clock: systemClock, log }, identity, life),
      hand: startMinutes({ minutes, store: minuteStore, clock: systemClock, log }, config, life),
      follow: startRollouts(
        { ...rolloutStores(database), ...models, metrics, log },
        { worker: place, tasks, everyMs: config.WORKER_ROLLOUT_MS },
        life,
      ),
      metrics,
      clock: systemClock,
      log,
    },
    config,
    { workerId, retryDelayMs: RETRY_DELAYS_MS[0] },
    life,
  )
  await announceModels(createModelCatalog(database), executor, life, log)
  bootNotes.ready(executor.devices.join(','))
  node.ready(executor.devices, modelsText(Object.values(executor.models).flat()))
  log.info({ tasks, adminPort }, 'worker is consuming')
}

if (import.meta.main) {
  const config = loadOrExit(workerConfig, process.env, workerRules)
  const tracing = await openTracing(config, 'worker', config.WORKER_POOL)
  await runProcess(workerLog(config, tracing), config.WORKER_GRACE_MS, (life, fail) =>
    startWorker(config, life, fail, asIs, secretsOf(process.env), tracing),
  )
}
