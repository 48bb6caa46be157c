/** One worker process for one pool. A straight line: configuration, adapters, models, then the first delivery. */
import { hostname } from 'node:os'
import { parsePools } from '../infra/domain/pools.ts'
import type { TaskName } from '../infra/domain/task.ts'
import { openPictureSealer } from '../infra/encryption/picture-sealer.ts'
import { openBlobStore } from '../infra/object-storage/open-blob-store.ts'
import { createPictureCodec } from '../infra/pictures/codec.ts'
import type { Logger } from '../infra/ports/logger.ts'
import type { Metrics } from '../infra/ports/metrics.ts'
import { createBootRecord } from '../infra/postgres/boot-record.ts'
import { createJobStore } from '../infra/postgres/job-store.ts'
import { createModelCatalog } from '../infra/postgres/model-catalog.ts'
import { openPool } from '../infra/postgres/pool.ts'
import { createPublishRecord } from '../infra/postgres/publish-record.ts'
import { openJobQueue } from '../infra/rabbitmq/job-queue.ts'
import { RETRY_DELAYS_MS } from '../infra/rabbitmq/topology.ts'
import { openDispatcher } from '../infra/redis/dispatcher.ts'
import { noResultCache, openResultCache } from '../infra/redis/result-cache.ts'
import { startAdminServer } from '../infra/runtime/admin-server.ts'
import { type Around, asIs } from '../infra/runtime/around.ts'
import { systemClock } from '../infra/runtime/clock.ts'
import { ALIVE, runChecks } from '../infra/runtime/health.ts'
import type { Lifecycle } from '../infra/runtime/lifecycle.ts'
import { loadOrExit } from '../infra/runtime/load-or-exit.ts'
import { createLogger } from '../infra/runtime/logger.ts'
import { createMetrics } from '../infra/runtime/metrics.ts'
import { noDispatcher } from '../infra/runtime/no-dispatcher.ts'
import { createPublishMarks } from '../infra/runtime/publish-marks.ts'
import { createPublishTurns } from '../infra/runtime/publish-turns.ts'
import { repeat } from '../infra/runtime/repeat.ts'
import { runProcess } from '../infra/runtime/run-process.ts'
import { type OpenSecrets, type Secrets, secretsAsAtStart, secretsOf } from '../infra/runtime/secrets.ts'
import { sayRefused, storageOptions } from '../infra/runtime/shared-config.ts'
import { createBootNotes } from './boot-notes.ts'
import { type WorkerConfig, workerConfig, workerRules } from './config.ts'
import { createHandleDelivery } from './handle-delivery.ts'
import { createThreadExecutor } from './inference/thread-executor.ts'
import { createLeaseKeeper } from './lease-keeper.ts'
import { connectToNode } from './node/connect.ts'
import { type PoolWorker, startPoolWorker } from './pool-worker.ts'
import { createRunJob } from './run-job.ts'
import type { Device } from './runtimes/runtime.ts'
import { createServiceRate } from './service-rate.ts'
import { createTurns } from './turns.ts'

/** What is left of the grace when jobs still running are handed back: enough to write that down and disconnect. */
const HAND_BACK_MARGIN_MS = 3_000
const ANNOUNCE_MS = 60_000
/** The dispatcher forgets a worker it has not heard of for four of these. */
const ANNOUNCE_CAPACITY_MS = 2_000

const workerLog = (config: WorkerConfig) =>
  createLogger('worker', config.LOG_LEVEL).child({ pool: config.WORKER_POOL, worker: config.WORKER_INDEX })

const modelSettings = ({ LIVENESS_MODEL_PATH: path, LIVENESS_MODEL_SHA256: sha256, ...rest }: WorkerConfig) => ({
  modelsDir: rest.MODELS_DIR,
  devices: rest.WORKER_DEVICES.split(',') as Device[],
  intraOpThreads: rest.WORKER_INTRA_OP_THREADS,
  allowLivenessPass: rest.WORKER_ALLOW_LIVENESS_PASS,
  ...(path && sha256 ? { replacements: { 'face-liveness': { path, sha256 } } } : {}),
  ...(rest.WORKER_TASK_MODULE ? { taskModule: rest.WORKER_TASK_MODULE } : {}),
})

/** Every adapter the worker needs; each registers its own end. */
const openAdapters = async (
  config: WorkerConfig,
  life: Lifecycle,
  log: Logger,
  metrics: Metrics,
  around: Around,
  secrets: Secrets,
) => {
  const { present } = secrets
  const databaseUrl = present('DATABASE_URL', config.DATABASE_URL)
  const redisUrl = present('REDIS_URL', config.REDIS_URL ?? '')
  const database = openPool({ url: databaseUrl, maxCount: 3, applicationName: 'muster worker' })
  life.onStop('postgres', () => database.end())
  const hasty = openPool({ url: databaseUrl, maxCount: 2, applicationName: 'muster worker', durable: false })
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
  const broker = await openJobQueue({ url: present('RABBITMQ_URL', config.RABBITMQ_URL), log, metrics, mending })
  life.onStop('rabbitmq', () => broker.close())
  return {
    database,
    jobs: around('jobs', createJobStore(database, hasty)),
    blobs: around('blobs', store),
    cache: around('cache', cache),
    dispatcher: around('dispatcher', dispatcher),
    queue: around('queue', broker),
  }
}

/**
 * Start one worker in this process.
 * @param fail ends the process from inside
 * @param around what a fault test puts around the adapters
 * @param openSecrets secrets that keep up with their files
 * @throws UnavailableError when a server it cannot do without is away
 */
export const startWorker = async (
  config: WorkerConfig,
  life: Lifecycle,
  fail: (error: unknown) => void,
  around: Around = asIs,
  openSecrets: OpenSecrets = secretsAsAtStart,
): Promise<void> => {
  const workerId = `${hostname()}/${config.WORKER_POOL}/${config.WORKER_INDEX}/${process.pid}`
  const log = workerLog(config)
  const tasks = parsePools(config.POOLS).find(({ name }) => name === config.WORKER_POOL)?.tasks ?? []
  const { metrics, registry } = createMetrics('worker')
  const secrets = openSecrets({ log, metrics })
  life.onStop('secrets', () => secrets.stop())
  const clock = systemClock
  let worker: PoolWorker | undefined

  const node = connectToNode({
    registry,
    status: () => ({ consuming: worker?.consuming() ?? false, busy: worker?.busyCount() ?? 0 }),
  })
  life.onStop('node link', () => node.stop())
  const ready = () => runChecks([{ name: 'consuming', required: true, probe: () => worker?.consuming() ?? false }])
  const admin = await startAdminServer({
    host: config.WORKER_ADMIN_HOST,
    port: config.WORKER_ADMIN_PORT,
    registry,
    live: () => ALIVE,
    ready,
    startup: ready,
  })
  life.onStop('admin', () => admin.close())

  const executor = await createThreadExecutor({
    ...modelSettings(config),
    tasks,
    threadCount: config.WORKER_THREADS,
    jobTimeoutMs: config.WORKER_JOB_TIMEOUT_MS,
    log,
    onHang: fail,
  })
  life.onStop('executor', () => executor.close())

  const { database, jobs, blobs, cache, dispatcher, queue } = await openAdapters(
    config,
    life,
    log,
    metrics,
    around,
    secrets,
  )
  const identity = { workerId, pool: config.WORKER_POOL, agoMs: process.uptime() * 1000 }
  const bootNotes = createBootNotes({ record: createBootRecord(database), log }, identity)
  life.onStop('boot notes', () => bootNotes.settled())
  const leases = createLeaseKeeper({ jobs, log }, config.WORKER_LEASE_MS)
  life.onStop('leases', () => leases.stop())
  // One batch in the model and one being fetched and decoded, for each thread; more only makes jobs wait here
  // instead of where another worker could take them.
  const batchCount = config.WORKER_BATCH_MAX * config.WORKER_THREADS
  const prefetch = { interactive: 2 * batchCount, bulk: batchCount }
  const rate = createServiceRate(config.WORKER_THREADS)
  const marks = createPublishMarks(jobs, log, queue)
  life.onStop('marks', () => marks.close())
  const turns = createTurns({
    dispatcher,
    publish: createPublishTurns({ queue, marks, log }),
    capacity: () => ({
      pool: config.WORKER_POOL,
      workerId,
      slots: prefetch.interactive,
      bulkSlots: prefetch.bulk,
      ratePerSecond: rate.perSecond(),
      jobIds: worker?.jobIds() ?? [],
    }),
    log,
  })
  const policy = { maxSize: config.WORKER_BATCH_MAX, maxDelayMs: config.WORKER_BATCH_DELAY_MS }
  const runJob = createRunJob(
    {
      executor,
      blobs,
      pictures: createPictureCodec(),
      sealer: openPictureSealer(config, secrets.follow),
      metrics,
      clock,
      rate,
    },
    policy,
    config.WORKER_THREADS,
  )

  const [draining, outOfTime] = [new AbortController(), new AbortController()]
  const handle = createHandleDelivery(
    { jobs, queue, cache, turns: bootNotes.watch(turns), leases, runJob, metrics, clock, log },
    { workerId, leaseMs: config.WORKER_LEASE_MS, retryDelayMs: RETRY_DELAYS_MS[0] },
    { toClaim: draining.signal, toFinish: outOfTime.signal },
  )
  await queue.onSignal((jobId) => leases.lookAt(jobId))
  worker = await startPoolWorker({
    pool: config.WORKER_POOL,
    queue,
    handle,
    log,
    prefetch,
  })
  life.onStop('deliveries', async () => {
    draining.abort()
    setTimeout(() => outOfTime.abort(), Math.max(0, config.WORKER_GRACE_MS - HAND_BACK_MARGIN_MS)).unref()
    await worker?.drain(outOfTime.signal)
  })
  await turns.announce()
  const announcingCapacity = repeat('announce capacity', ANNOUNCE_CAPACITY_MS, log, turns.announce)
  life.onStop('announce capacity', async () => {
    await announcingCapacity.stop()
    await turns.leave()
  })
  const catalog = createModelCatalog(database)
  const announce = () =>
    Promise.all(Object.entries(executor.models).map(([task, models]) => catalog.announce(task as TaskName, models)))
  await announce()
  const announcing = repeat('announce models', ANNOUNCE_MS, log, announce)
  life.onStop('announce models', () => announcing.stop())
  bootNotes.ready(executor.devices.join(','))
  node.ready()
  log.info({ tasks, adminPort: admin.port }, 'worker is consuming')
}

if (import.meta.main) {
  const config = loadOrExit(workerConfig, process.env, workerRules)
  await runProcess(workerLog(config), config.WORKER_GRACE_MS, (life, fail) =>
    startWorker(config, life, fail, asIs, secretsOf(process.env)),
  )
}
