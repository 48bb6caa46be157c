import type { FastifyInstance } from 'fastify'
import { type ApiDeps, type AppConfig, buildApp } from '../../../api/app.ts'
import { createCompletions } from '../../../api/completions.ts'
import type { TaskDefinition } from '../../../api/routes/task-definition.ts'
import type { JobState } from '../../../infra/domain/job.ts'
import type { Json } from '../../../infra/domain/json.ts'
import type { JobMessage } from '../../../infra/domain/message.ts'
import { DEFAULT_POOLS, parsePools } from '../../../infra/domain/pools.ts'
import { createPictureCodec } from '../../../infra/pictures/codec.ts'
import { systemClock } from '../../../infra/runtime/clock.ts'
import { createMemoryBlobStore } from '../../fakes/blob-store.ts'
import { createMemoryJobQueue } from '../../fakes/job-queue.ts'
import { createMemoryJobStore } from '../../fakes/job-store.ts'
import { addKey, createMemoryKeyStore } from '../../fakes/key-store.ts'
import { createMemoryResultCache } from '../../fakes/result-cache.ts'
import { silence } from '../../fixtures/silence.ts'

export const APP_CONFIG: AppConfig = {
  pools: parsePools(DEFAULT_POOLS),
  maxPictureBytes: 1_000_000,
  deadlineInteractiveMs: 60_000,
  deadlineBulkMs: 3_600_000,
  maxDepthCount: 1000,
  keepAliveMs: 72_000,
  requestTimeoutMs: 30_000,
  shutdownDelayMs: 0,
  version: '0.0.0',
}

/** A live person, as a worker would say it. */
export const LIVE: Json = {
  live: true,
  score: 0.9,
  threshold: 0.5,
  verdict: 'review',
  assurance: 'low',
  signals: [{ name: 'a', score: 0.9 }],
  face: {
    box: { left: 1, top: 2, width: 30, height: 40 },
    score: 0.99,
    quality: { eyeDistancePx: 12, sharpness: 0.5, brightness: 0.5, rollDegrees: 0, yawDegrees: 0 },
  },
}

/** What a worker does with a job: end it in this state, with this result. */
export type Work = (message: JobMessage) => { readonly state: 'succeeded' | 'failed'; readonly result?: Json }

const createDeps = () => {
  const completions = createCompletions()
  const queue = createMemoryJobQueue(APP_CONFIG.pools.map(({ name }) => name))
  const blobs = createMemoryBlobStore('http://127.0.0.1:1')
  return {
    completions,
    queue,
    reply: queue.openReply((completion) => completions.deliver(completion)),
    jobs: createMemoryJobStore(),
    cache: createMemoryResultCache(),
    blobs,
    keys: createMemoryKeyStore(),
    codec: createPictureCodec(),
    models: { list: async () => [] },
    uploadGate: blobs.gate,
    databaseAlive: async () => true,
    clock: systemClock,
    ...silence(),
  } satisfies ApiDeps
}

export type Deps = ReturnType<typeof createDeps>

export interface Api {
  readonly app: FastifyInstance
  readonly deps: Deps
  /** `authorization` of tenant `acme` */
  readonly auth: { readonly authorization: string }
  /** `authorization` of another tenant */
  readonly foreign: { readonly authorization: string }
  /** start a worker that ends every job so */
  work(how?: Work, options?: { readonly silent?: boolean }): Promise<void>
}

export const startApi = async (
  overrides: (deps: Deps) => Partial<ApiDeps> = () => ({}),
  config: Partial<AppConfig> = {},
  definitions?: readonly TaskDefinition[],
): Promise<Api> => {
  const deps = createDeps()
  const app = await buildApp({ ...deps, ...overrides(deps) }, { ...APP_CONFIG, ...config }, definitions)
  await app.ready()
  const bearer = async (tenant: string) => ({ authorization: `Bearer ${await addKey(deps.keys, { tenant })}` })
  const work: Api['work'] = async (how = () => ({ state: 'succeeded', result: LIVE }), { silent = false } = {}) => {
    for (const { name } of APP_CONFIG.pools) {
      await deps.queue.consume(name, 'interactive', 100, async (delivery) => {
        const { message, replyTo } = delivery
        if (!message) return
        const claim = await deps.jobs.claim({ id: message.id, workerId: 'w', leaseMs: 60_000, takeOver: false })
        if (claim.kind !== 'claimed') return delivery.ack()
        const { state, result = null } = how(message)
        const models = [{ name: 'm', version: '1.0.0', digest: 'sha256:00' }]
        const lease = { id: message.id, attempt: claim.job.attempt }
        const finished = await deps.jobs.finish({ ...lease, state, result, error: null, models, timings: { runMs: 1 } })
        if (finished.kind === 'finished') await deps.cache.put(finished.job)
        if (replyTo !== undefined && !silent) deps.queue.complete(replyTo, { id: message.id, state: state as JobState })
        delivery.ack()
      })
    }
  }
  return { app, deps, auth: await bearer('acme'), foreign: await bearer('other'), work }
}
