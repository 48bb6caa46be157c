import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildApp } from '../../api/app.ts'
import { createCompletions } from '../../api/completions.ts'
import { createDemandCounter } from '../../api/demand.ts'
import type { Json } from '../../infra/domain/json.ts'
import { outcome } from '../../infra/domain/outcomes.ts'
import { TASK_NAMES } from '../../infra/domain/task.ts'
import { freePort } from '../../infra/local/ports.ts'
import { openBlobStore } from '../../infra/object-storage/open-blob-store.ts'
import { createPictureCodec } from '../../infra/pictures/codec.ts'
import { createErasureStore } from '../../infra/postgres/erasure-store.ts'
import { createHoldStore } from '../../infra/postgres/hold-store.ts'
import { createJobStore } from '../../infra/postgres/job-store.ts'
import { createKeyStore } from '../../infra/postgres/key-store.ts'
import { migrate } from '../../infra/postgres/migrate.ts'
import { openPool } from '../../infra/postgres/pool.ts'
import { createRetentionStore } from '../../infra/postgres/retention-store.ts'
import { createRolloutStore } from '../../infra/postgres/rollout-store.ts'
import { createTenantStore } from '../../infra/postgres/tenant-store.ts'
import { openJobQueue } from '../../infra/rabbitmq/job-queue.ts'
import { openReplyQueue } from '../../infra/rabbitmq/reply-queue.ts'
import { setUpBroker } from '../../infra/rabbitmq/set-up.ts'
import { openResultCache } from '../../infra/redis/result-cache.ts'
import { systemClock } from '../../infra/runtime/clock.ts'
import type { Executor, TaskAnswer } from '../../worker/executor.ts'
import { createHandleDelivery } from '../../worker/handle-delivery.ts'
import { createLeaseKeeper } from '../../worker/lease-keeper.ts'
import { startPoolWorker } from '../../worker/pool-worker.ts'
import { createRunJob } from '../../worker/run-job.ts'
import { createMemoryAuditLog } from '../fakes/audit-log.ts'
import { addKey } from '../fakes/key-store.ts'
import { testSealer } from '../fixtures/encryption.ts'
import { silence } from '../fixtures/silence.ts'
import { testWebhooks } from '../fixtures/webhooks.ts'
import { results } from '../unit/api/client/scripted-server.ts'

const env = (name: string): string => process.env[name] as string
const { log, metrics } = silence()
const UPLOAD_SECRET = 'a secret of the tests, long enough to sign'

const openServers = async (storageRoot: string) => {
  await migrate(env('DATABASE_URL'), log)
  const db = openPool({ url: env('DATABASE_URL') })
  const broker = { url: env('RABBITMQ_URL'), log, metrics }
  const cache = openResultCache({ url: env('REDIS_URL'), log, ttlMs: 60_000 })
  // A pool of its own, so that other tests' workers never take these jobs.
  const pool = `sdk-${randomUUID().slice(0, 8)}`
  await setUpBroker(broker.url, [pool])
  const queue = await openJobQueue(broker)
  const close = async () => {
    await queue.close()
    await cache.close()
    await db.end()
  }
  return { db, broker, cache, pool, queue, storageRoot, close }
}
type Servers = Awaited<ReturnType<typeof openServers>>

/** One api process's worth of the api, listening. */
const startReplica = async ({ db, broker, cache, pool, queue, storageRoot }: Servers) => {
  const { metrics } = silence()
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const completions = createCompletions()
  const reply = await openReplyQueue(broker, randomUUID(), (completion) => completions.deliver(completion))
  const blobs = openBlobStore(`file://${storageRoot}`, { uploads: { secret: UPLOAD_SECRET, publicUrl: url } })
  const digest = `sha256:${'0'.repeat(64)}`
  const models = {
    list: async () => TASK_NAMES.map((task) => ({ task, models: [{ name: task, version: '1.0.0', digest }] })),
    thresholds: async () => undefined,
  }
  const app = await buildApp(
    {
      ...{
        jobs: createJobStore(db),
        keys: createKeyStore(db),
        tenants: createTenantStore(db),
        audit: createMemoryAuditLog(),
        webhooks: testWebhooks(),
        demand: createDemandCounter(systemClock),
        retention: createRetentionStore(db),
        erasures: createErasureStore(db),
        holds: createHoldStore(db),
        deadLetters: queue.deadLetters,
        queue,
        reply,
        completions,
        cache,
        models,
        rollouts: createRolloutStore(db),
        log,
        metrics,
      },
      ...{
        blobs: blobs.store,
        codec: createPictureCodec(),
        sealer: testSealer,
        clock: systemClock,
        databaseAlive: async () => true,
      },
      ...(blobs.gate && { uploadGate: blobs.gate }),
    },
    {
      ...{
        pools: [{ name: pool, tasks: TASK_NAMES }],
        maxPictureBytes: 10_000_000,
        maxDepthCount: 1_000,
        version: '0',
      },
      ...{ deadlineInteractiveMs: 60_000, deadlineBulkMs: 60_000, shutdownDelayMs: 0 },
      ...{ keepAliveMs: 72_000, requestTimeoutMs: 30_000 },
    },
  )
  await app.listen({ port, host: '127.0.0.1' })
  let stopped: Promise<void> | undefined
  const stop = () => {
    stopped ??= app.drain().then(() => reply.close())
    return stopped
  }
  return { url, stop }
}

/** A model that says what the tests want to hear; everything around it is the real worker. */
const createScriptedModel = () => {
  let held: PromiseWithResolvers<void> | undefined
  const runs: string[] = []
  const executor: Executor = {
    models: Object.fromEntries(
      TASK_NAMES.map((task) => [task, [{ name: task, version: '1.0.0', digest: 'sha256:0' }]]),
    ),
    devices: ['cpu'],
    async run(task, items) {
      runs.push(...items.map(() => task))
      await held?.promise
      return items.map(
        ({ options }): TaskAnswer =>
          options.documentType === 'visa'
            ? { kind: 'error', error: outcome('DOCUMENT_UNREADABLE', 'image') }
            : { kind: 'result', result: results[task] as unknown as Json },
      )
    },
    close: async () => {},
  }
  return {
    executor,
    /** the tasks it ran, one entry a job */
    runs,
    /** Let no job finish until `letGo`. */
    hold: () => {
      held = Promise.withResolvers()
    },
    letGo: () => {
      held?.resolve()
      held = undefined
    },
  }
}

const startWorker = async ({ db, cache, pool, queue, storageRoot }: Servers, executor: Executor) => {
  const jobs = createJobStore(db)
  const { store } = openBlobStore(`file://${storageRoot}`)
  const runJob = createRunJob(
    { executor, blobs: store, pictures: createPictureCodec(), sealer: testSealer, metrics, clock: systemClock },
    { maxSize: 1, maxDelayMs: 0 },
    16,
  )
  const leases = createLeaseKeeper({ jobs, log }, 60_000)
  const [draining, outOfTime] = [new AbortController(), new AbortController()]
  const handle = createHandleDelivery(
    { jobs, queue, cache, leases, runJob, metrics, clock: systemClock, log },
    { workerId: randomUUID(), leaseMs: 60_000, retryDelayMs: 1_000 },
    { toClaim: draining.signal, toFinish: outOfTime.signal },
  )
  const worker = await startPoolWorker({ pool, queue, handle, log, prefetch: { interactive: 16, bulk: 16 } })
  return async () => {
    draining.abort()
    outOfTime.abort()
    leases.stop()
    await worker.drain(outOfTime.signal)
  }
}

/** Two replicas of the api and a worker on real servers, with a scripted model. */
export const startSdkStack = async () => {
  const storageRoot = await mkdtemp(join(tmpdir(), 'muster-sdk-'))
  const servers = await openServers(storageRoot)
  const replicas = [await startReplica(servers), await startReplica(servers)] as const
  const model = createScriptedModel()
  const stopWorker = await startWorker(servers, model.executor)
  return {
    replicas,
    model,
    /** @returns a new key of a tenant */
    async createKey(tenant: string): Promise<string> {
      return addKey(createKeyStore(servers.db), { tenant })
    },
    async close(): Promise<void> {
      model.letGo()
      await stopWorker()
      for (const replica of replicas) await replica.stop()
      await servers.close()
      await rm(storageRoot, { recursive: true, force: true })
    },
  }
}

export type SdkStack = Awaited<ReturnType<typeof startSdkStack>>
