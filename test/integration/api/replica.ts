import { randomUUID } from 'node:crypto'
import { type ApiDeps, buildApp } from '../../../api/app.ts'
import { createCompletions } from '../../../api/completions.ts'
import { createDemandCounter } from '../../../api/demand.ts'
import type { TaskDefinition } from '../../../api/routes/task-definition.ts'
import { TASK_NAMES } from '../../../infra/domain/task.ts'
import { createPictureCodec } from '../../../infra/pictures/codec.ts'
import { createErasureStore } from '../../../infra/postgres/erasure-store.ts'
import { createHoldStore } from '../../../infra/postgres/hold-store.ts'
import { createJobStore } from '../../../infra/postgres/job-store.ts'
import { createKeyStore } from '../../../infra/postgres/key-store.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { createModelCatalog } from '../../../infra/postgres/model-catalog.ts'
import { openPool } from '../../../infra/postgres/pool.ts'
import { createRetentionStore } from '../../../infra/postgres/retention-store.ts'
import { createRolloutStore } from '../../../infra/postgres/rollout-store.ts'
import { createTenantStore } from '../../../infra/postgres/tenant-store.ts'
import { openJobQueue } from '../../../infra/rabbitmq/job-queue.ts'
import { openReplyQueue } from '../../../infra/rabbitmq/reply-queue.ts'
import { setUpBroker } from '../../../infra/rabbitmq/set-up.ts'
import { openResultCache } from '../../../infra/redis/result-cache.ts'
import { systemClock } from '../../../infra/runtime/clock.ts'
import { createMemoryAuditLog } from '../../fakes/audit-log.ts'
import { createMemoryBlobStore } from '../../fakes/blob-store.ts'
import { LIVE } from '../../fixtures/api.ts'
import { testSealer } from '../../fixtures/encryption.ts'
import { silence } from '../../fixtures/silence.ts'
import { testWebhooks } from '../../fixtures/webhooks.ts'

const env = (name: string): string => process.env[name] as string

/** The real servers, a pool of this test's own, and a store of pictures that all replicas share. */
export const openServers = async () => {
  const { log, metrics } = silence()
  await migrate(env('DATABASE_URL'), log)
  const pool = `api-${randomUUID().slice(0, 8)}`
  await setUpBroker(env('RABBITMQ_URL'), [pool])
  const db = openPool({ url: env('DATABASE_URL'), maxCount: 4 })
  const queue = await openJobQueue({ url: env('RABBITMQ_URL'), log, metrics })
  const cache = openResultCache({ url: env('REDIS_URL'), log, ttlMs: 60_000 })
  const close = async (): Promise<void> => {
    await queue.close()
    await cache.close()
    await db.end()
  }
  return { pool, db, queue, cache, blobs: createMemoryBlobStore(), jobs: createJobStore(db), close }
}
export type Servers = Awaited<ReturnType<typeof openServers>>

/** Whose keys may see and change what is the installation's own. */
export const FLEET_TENANT = 'fleet'

/** One api process's worth of the api on those servers. @param more what this test wants otherwise */
export const startReplica = async (
  { pool, db, queue, cache, blobs, jobs }: Servers,
  more: Partial<ApiDeps> = {},
  definitions?: readonly TaskDefinition[],
) => {
  const { log, metrics } = silence()
  const completions = createCompletions()
  const broker = { url: env('RABBITMQ_URL'), log, metrics }
  const reply = await openReplyQueue(broker, randomUUID(), (completion) => completions.deliver(completion))
  const app = await buildApp(
    {
      jobs,
      queue,
      reply,
      completions,
      cache,
      blobs,
      codec: createPictureCodec(),
      sealer: testSealer,
      keys: createKeyStore(db),
      tenants: createTenantStore(db),
      audit: createMemoryAuditLog(),
      retention: createRetentionStore(db),
      erasures: createErasureStore(db),
      holds: createHoldStore(db),
      deadLetters: queue.deadLetters,
      models: createModelCatalog(db),
      rollouts: createRolloutStore(db),
      webhooks: testWebhooks(),
      demand: createDemandCounter(systemClock),
      databaseAlive: () => db.alive(),
      clock: systemClock,
      log,
      metrics,
      ...more,
    },
    {
      pools: [{ name: pool, tasks: TASK_NAMES }],
      maxPictureBytes: 1_000_000,
      deadlineInteractiveMs: 60_000,
      deadlineBulkMs: 600_000,
      maxDepthCount: 1_000,
      keepAliveMs: 72_000,
      requestTimeoutMs: 30_000,
      shutdownDelayMs: 0,
      version: '0',
      fleetTenant: FLEET_TENANT,
    },
    definitions,
  )
  await app.ready()
  const stop = async (): Promise<void> => {
    await app.drain()
    await reply.close()
  }
  return { app, completions, stop }
}

/** A worker that finds everybody alive. @param tell false = it never sends a completion */
export const startWorker = async ({ pool, queue, jobs, cache }: Servers, { tell = true } = {}): Promise<void> => {
  for (const lane of ['interactive', 'bulk'] as const) {
    await queue.consume(pool, lane, 50, async (delivery) => {
      const { message, replyTo } = delivery
      if (!message) return delivery.ack()
      const claim = await jobs.claim({ id: message.id, workerId: 'w', leaseMs: 60_000, takeOver: false })
      if (claim.kind === 'claimed') {
        const { id, attempt } = claim.job
        const outcome = { result: LIVE, error: null, models: [], timings: {} }
        const finished = await jobs.finish({ id, attempt, state: 'succeeded', ...outcome })
        if (finished.kind === 'finished') await cache.put(finished.job)
        if (tell && replyTo !== undefined) queue.complete(replyTo, { id, state: 'succeeded' })
      }
      delivery.ack()
    })
  }
}
