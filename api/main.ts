/** One api process. A straight line: configuration, adapters, app, listen, housekeeping. */
import { randomBytes, randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { parsePools } from '../infra/domain/pools.ts'
import { openPictureSealer } from '../infra/encryption/picture-sealer.ts'
import { openBlobStore } from '../infra/object-storage/open-blob-store.ts'
import { parseUploadSecrets } from '../infra/object-storage/upload-signer.ts'
import { createPictureCodec } from '../infra/pictures/codec.ts'
import { createAuditLog } from '../infra/postgres/audit-log.ts'
import { createDemandStore } from '../infra/postgres/demand-store.ts'
import { createDatabaseProbe } from '../infra/postgres/doctor-probe.ts'
import { createErasureStore } from '../infra/postgres/erasure-store.ts'
import { createHoldStore } from '../infra/postgres/hold-store.ts'
import { createJobDays } from '../infra/postgres/job-days-store.ts'
import { createJobStore } from '../infra/postgres/job-store.ts'
import { createKeyStore } from '../infra/postgres/key-store.ts'
import { createMinuteStore } from '../infra/postgres/minute-store.ts'
import { createModelCatalog } from '../infra/postgres/model-catalog.ts'
import { openPool } from '../infra/postgres/pool.ts'
import { createPublishRecord } from '../infra/postgres/publish-record.ts'
import { createRetentionStore } from '../infra/postgres/retention-store.ts'
import { createRolloutStore } from '../infra/postgres/rollout-store.ts'
import { createTenantStore } from '../infra/postgres/tenant-store.ts'
import { createWebhookOutbox } from '../infra/postgres/webhook-outbox.ts'
import { createWebhookStore } from '../infra/postgres/webhook-store.ts'
import { openJobQueue } from '../infra/rabbitmq/job-queue.ts'
import { openReplyQueue } from '../infra/rabbitmq/reply-queue.ts'
import { openDispatcher } from '../infra/redis/dispatcher.ts'
import { noResultCache, openResultCache } from '../infra/redis/result-cache.ts'
import { startAdminServer } from '../infra/runtime/admin-server.ts'
import { type Around, asIs, outside } from '../infra/runtime/around.ts'
import { systemClock } from '../infra/runtime/clock.ts'
import { countMinutes } from '../infra/runtime/count-minutes.ts'
import type { Lifecycle } from '../infra/runtime/lifecycle.ts'
import { loadOrExit } from '../infra/runtime/load-or-exit.ts'
import { createLogger } from '../infra/runtime/logger.ts'
import { createMetrics } from '../infra/runtime/metrics.ts'
import { noDispatcher } from '../infra/runtime/no-dispatcher.ts'
import { runProcess } from '../infra/runtime/run-process.ts'
import { type OpenSecrets, type Secrets, secretsAsAtStart, secretsOf } from '../infra/runtime/secrets.ts'
import { sayRefused, storageOptions } from '../infra/runtime/shared-config.ts'
import { VERSION as version } from '../infra/runtime/version.ts'
import { openTracing, type Tracing } from '../infra/telemetry/open-tracing.ts'
import { noticeSecretOf, webhookRules } from '../infra/webhooks/config-rules.ts'
import { openWebhookSender } from '../infra/webhooks/open-sender.ts'
import { boxOf, createFollowingBox, createSecretBox } from '../infra/webhooks/secret-box.ts'
import { buildApp, TASKS } from './app.ts'
import { appConfigOf } from './app-config.ts'
import { createCompletions } from './completions.ts'
import { type ApiConfig, apiConfig, apiRules } from './config.ts'
import { createDemandCounter, startTellingDemand } from './demand.ts'
import { startHousekeeping } from './housekeeping/start.ts'
import { recordStart } from './record-start.ts'
import type { TaskDefinition } from './routes/task-definition.ts'
import { tracedCompletions } from './traced.ts'
import { createDelivery } from './webhooks/delivery.ts'
import { startDelivery } from './webhooks/start.ts'

/** Pictures, and the gate for uploads that pass through the api; credentials and secrets as they are at each call. */
const openStorage = (config: ApiConfig, secrets: Secrets, onRefused: () => void) => {
  const { STORAGE_URL, UPLOAD_SECRET, API_PUBLIC_URL: publicUrl } = config
  const uploads =
    UPLOAD_SECRET && publicUrl
      ? { secret: secrets.follow('UPLOAD_SECRET', UPLOAD_SECRET, parseUploadSecrets), publicUrl }
      : undefined
  return openBlobStore(STORAGE_URL, { ...storageOptions(config, secrets), uploads, onRefused })
}

/** Every adapter the api needs; each registers its own end. */
const openAdapters = async (
  config: ApiConfig,
  life: Lifecycle,
  log: ReturnType<typeof createLogger>,
  given: Around,
  openSecrets: OpenSecrets,
  tracing: Tracing | undefined,
) => {
  const { metrics: own, registry } = createMetrics('api')
  const minutes = countMinutes(own, config, systemClock)
  const { metrics } = minutes
  const secrets = openSecrets({ log, metrics })
  life.onStop('secrets', () => secrets.stop())
  tracing?.connect({ secrets, log, metrics })
  life.onStop('traces', () => tracing?.stop())
  const around = tracing ? outside(tracing.around, given) : given
  const { present } = secrets
  const databaseUrl = present('DATABASE_URL', config.DATABASE_URL)
  const redisUrl = present('REDIS_URL', config.REDIS_URL ?? '')
  const shared = { url: databaseUrl, applicationName: 'muster api', byIndex: true }
  const database = openPool(shared)
  life.onStop('postgres', () => database.end())
  const hasty = openPool({ ...shared, maxCount: 1, durable: false })
  life.onStop('postgres, not durable', () => hasty.end())
  const minuteStore = around('minutes', createMinuteStore(hasty))
  minutes.tell({ store: minuteStore, log }, {}, life)
  const { store: blobs, gate } = openStorage(config, secrets, () => sayRefused(log, metrics))
  life.onStop('storage', () => blobs.close())
  const cache = config.REDIS_URL
    ? openResultCache({ url: redisUrl, log, ttlMs: config.API_CACHE_TTL_MS })
    : noResultCache
  life.onStop('redis', () => cache.close())
  const dispatcher = config.REDIS_URL ? openDispatcher({ url: redisUrl, log }, config.API_MAX_DEPTH) : noDispatcher
  life.onStop('dispatcher', () => dispatcher.close())
  const record = createPublishRecord(hasty)
  const mending = {
    pools: parsePools(config.POOLS).map(({ name }) => name),
    onLost: async () => void (await record.forget()),
  }
  const broker = { url: present('RABBITMQ_URL', config.RABBITMQ_URL), log, metrics, mending, tracer: tracing?.tracer }
  const queue = await openJobQueue(broker)
  life.onStop('rabbitmq', () => queue.close())
  const plain = createCompletions()
  const traced = tracing && tracedCompletions(tracing.tracer, plain)
  const completions = traced ?? plain
  const reply = await openReplyQueue(broker, randomUUID(), completions.deliver, traced?.spanOf)
  life.onStop('replies', () => reply.close())
  return {
    metrics,
    registry,
    secrets,
    database,
    gate,
    completions,
    reply,
    jobs: around('jobs', createJobStore(database, hasty)),
    retention: around('retention', createRetentionStore(database)),
    erasures: around('erasures', createErasureStore(database)),
    holds: createHoldStore(database),
    rollouts: createRolloutStore(database),
    tenants: createTenantStore(database),
    audit: around('audit', createAuditLog(database)),
    probe: createDatabaseProbe(database),
    days: createJobDays(database),
    blobs: around('blobs', blobs),
    cache: around('cache', cache),
    dispatcher: around('dispatcher', dispatcher),
    queue: around('queue', queue),
    deadLetters: around('deadLetters', queue.deadLetters),
  }
}

/** What webhooks need; `deliver` begins to make calls where that is wanted and safe. */
const openWebhooks = async (
  config: ApiConfig,
  { database, metrics, secrets }: Pick<Awaited<ReturnType<typeof openAdapters>>, 'database' | 'metrics' | 'secrets'>,
  log: ReturnType<typeof createLogger>,
  around: Around,
) => {
  const { sender, safe } = await openWebhookSender(config.WEBHOOK_ALLOW)
  if (!config.WEBHOOK_SECRET_KEY) log.warn({}, 'WEBHOOK_SECRET_KEY is not set: webhook secrets are stored readable')
  if (!safe) log.error({}, 'webhooks stay off: a call to a loopback address was not refused')
  const { WEBHOOK_NOTICE_URL: noticeUrl, WEBHOOK_NOTICE_SECRET: noticeSecret } = config
  const notice = noticeSecret && secrets.follow('WEBHOOK_NOTICE_SECRET', noticeSecret, noticeSecretOf)
  const outbox = around('webhookOutbox', createWebhookOutbox(database, noticeUrl))
  const box = config.WEBHOOK_SECRET_KEY
    ? createFollowingBox(secrets.follow('WEBHOOK_SECRET_KEY', config.WEBHOOK_SECRET_KEY, boxOf))
    : createSecretBox()
  const webhooks = { store: createWebhookStore(database), outbox, box, randomBytes, sender }
  const deliver = (life: Lifecycle): void => {
    if (!safe || !config.WEBHOOK_DELIVER) return
    const deps = { ...webhooks, sender: around('webhookSender', sender), clock: systemClock, log, metrics }
    const told = { publicUrl: config.API_PUBLIC_URL, version, noticeSecret: notice ? () => notice.now() : undefined }
    const delivery = createDelivery({ ...deps, random: Math.random }, told)
    const running = startDelivery(delivery, { outbox, log, metrics })
    life.onStop('webhooks', () => running.stop())
  }
  return { webhooks: { ...webhooks, healthy: () => safe || !config.WEBHOOK_DELIVER }, deliver }
}

/**
 * Start the api in this process.
 * @param seams what a benchmark or a fault test does otherwise: the tasks to offer, what goes around the adapters,
 *   secrets as they are now, and traces
 * @throws UnavailableError when a server it cannot do without is away
 */
export const startApi = async (
  config: ApiConfig,
  life: Lifecycle,
  log: ReturnType<typeof createLogger>,
  {
    definitions = TASKS,
    around = asIs,
    openSecrets = secretsAsAtStart,
    tracing,
  }: {
    definitions?: readonly TaskDefinition[]
    around?: Around
    openSecrets?: OpenSecrets
    tracing?: Tracing | undefined
  } = {},
): Promise<void> => {
  const { database, registry, gate, secrets, ...adapters } = await openAdapters(
    config,
    life,
    log,
    around,
    openSecrets,
    tracing,
  )
  const { webhooks, deliver } = await openWebhooks(config, { database, secrets, ...adapters }, log, around)
  const demand = createDemandCounter(systemClock)
  const app = await buildApp(
    {
      ...adapters,
      tracer: tracing?.tracer,
      demand,
      ...(gate ? { uploadGate: gate } : {}),
      keys: createKeyStore(database),
      models: createModelCatalog(database),
      webhooks,
      sealer: openPictureSealer(config, secrets.follow),
      codec: createPictureCodec({ maxBytes: config.API_MAX_PICTURE_BYTES }),
      databaseAlive: () => database.alive(),
      clock: systemClock,
      log,
    },
    { ...appConfigOf(config), traces: tracing?.rules },
    definitions,
  )
  const admin = await startAdminServer({
    host: config.API_METRICS_HOST,
    port: config.API_METRICS_PORT,
    registry,
    ...app.apiHealth,
  })
  life.onStop('admin', () => admin.close())
  const housekeeping = startHousekeeping({ ...adapters, log }, config)
  life.onStop('housekeeping', () => housekeeping.stop())
  deliver(life)
  const telling = startTellingDemand(
    { counter: demand, store: createDemandStore(database), clock: systemClock, log },
    { source: `${hostname()}/${randomUUID()}`, everyMs: config.DEMAND_FLUSH_MS },
  )
  life.onStop('demand', () => telling.stop())
  await app.listen({ host: config.API_HOST, port: config.API_PORT })
  life.onStop('http', () => app.drain())
  log.info({ addresses: app.addresses(), adminPort: admin.port }, 'api listens')
  await recordStart({ ...adapters, log }, config)
}

if (import.meta.main) {
  const config = loadOrExit(apiConfig, process.env, [...apiRules, ...webhookRules])
  const tracing = await openTracing(config, 'api')
  const log = createLogger('api', config.LOG_LEVEL, tracing?.logFields)
  await runProcess(log, config.API_GRACE_MS, (life) =>
    startApi(config, life, log, { openSecrets: secretsOf(process.env), tracing }),
  )
}
