import { randomBytes } from 'node:crypto'
import multipart from '@fastify/multipart'
import type { FastifyInstance } from 'fastify'
import { type Pool, poolOf } from '../infra/domain/pools.ts'
import { DEFAULT_TENANT, type TenantSettings } from '../infra/domain/tenant.ts'
import { createAuthenticate } from '../infra/http/authenticate.ts'
import { passOverBodies } from '../infra/http/bare-requests.ts'
import { addDrain } from '../infra/http/drain.ts'
import { addHealth } from '../infra/http/health.ts'
import { openServer } from '../infra/http/open-server.ts'
import { addDocs, addOpenApi } from '../infra/http/openapi.ts'
import { noteRoutes, refuseOtherMethods } from '../infra/http/other-methods.ts'
import { addRequestContext } from '../infra/http/request-context.ts'
import { addErrorHandling } from '../infra/http/request-errors.ts'
import { type RequestTraceRules, traceRequests } from '../infra/http/trace-requests.ts'
import { validatorCompiler } from '../infra/http/validate.ts'
import type { AuditLog, AuditTrail } from '../infra/ports/audit-log.ts'
import type { BlobStore } from '../infra/ports/blob-store.ts'
import type { Clock } from '../infra/ports/clock.ts'
import type { DeadLetters } from '../infra/ports/dead-letters.ts'
import type { Dispatcher } from '../infra/ports/dispatcher.ts'
import type { ErasureStore } from '../infra/ports/erasure-store.ts'
import type { HoldStore } from '../infra/ports/hold-store.ts'
import type { JobQueue, ReplyQueue } from '../infra/ports/job-queue.ts'
import type { JobStore } from '../infra/ports/job-store.ts'
import type { KeyStore } from '../infra/ports/key-store.ts'
import type { Logger } from '../infra/ports/logger.ts'
import type { Metrics } from '../infra/ports/metrics.ts'
import type { ModelCatalog } from '../infra/ports/model-catalog.ts'
import type { PictureCodec } from '../infra/ports/picture-codec.ts'
import type { PictureSealer } from '../infra/ports/picture-sealer.ts'
import type { ResultCache } from '../infra/ports/result-cache.ts'
import type { RetentionStore } from '../infra/ports/retention-store.ts'
import type { RolloutStore } from '../infra/ports/rollout-store.ts'
import type { TenantStore } from '../infra/ports/tenant-store.ts'
import type { Tracer } from '../infra/ports/tracer.ts'
import type { UploadGate } from '../infra/ports/upload-gate.ts'
import { createAwaitJob } from './await-job.ts'
import { createBodyBudget } from './body-budget.ts'
import { createAbandonJob, createCancelJob } from './cancel-job.ts'
import { createClearJobs } from './clear-jobs.ts'
import type { Completions } from './completions.ts'
import type { Demand } from './demand.ts'
import { createDispatching } from './dispatching.ts'
import { documentWords } from './document-words.ts'
import { createErase } from './erase-job.ts'
import { createForgetAnswered } from './forget-answered.ts'
import { createAnswerJob } from './job-answer.ts'
import { createManageHolds } from './manage-holds.ts'
import { createManageKeys } from './manage-keys.ts'
import { createManageRollouts } from './manage-rollouts.ts'
import { healthOf } from './own-health.ts'
import { createPurgeDeadLetters } from './purge-dead-letters.ts'
import { addAudit } from './routes/audit.ts'
import { addCheck } from './routes/check.ts'
import { addErasures } from './routes/erasures.ts'
import { faceMatch } from './routes/face-match.ts'
import { addHolds } from './routes/holds.ts'
import { addJobs } from './routes/jobs.ts'
import { addKeys } from './routes/keys.ts'
import { liveness } from './routes/liveness.ts'
import { addModels } from './routes/models.ts'
import { ocr } from './routes/ocr.ts'
import { addRollouts } from './routes/rollouts.ts'
import { addSubjects } from './routes/subjects.ts'
import type { TaskDefinition } from './routes/task-definition.ts'
import { addTenant } from './routes/tenant.ts'
import { addThresholdSets } from './routes/threshold-sets.ts'
import { addUploads } from './routes/uploads.ts'
import { addWebhooks } from './routes/webhooks.ts'
import { createPictureStore } from './store-pictures.ts'
import { createSubmitJob } from './submit-job.ts'
import { createTenantSettings } from './tenant-settings.ts'
import { tracedPictures } from './traced.ts'
import type { Webhooks } from './webhooks/manage.ts'

/** What the api needs from the rest of the system. */
export interface ApiDeps {
  readonly jobs: JobStore
  readonly queue: JobQueue
  /** undefined = none is configured: each process admits alone and publishes at once */
  readonly dispatcher?: Dispatcher
  readonly reply: ReplyQueue
  /** fed by whoever opened the reply queue */
  readonly completions: Completions
  readonly cache: ResultCache
  readonly blobs: BlobStore
  readonly codec: PictureCodec
  readonly sealer: Pick<PictureSealer, 'begin'>
  readonly keys: KeyStore
  readonly tenants: Pick<TenantStore, 'find' | 'set'>
  readonly audit: AuditLog & Pick<AuditTrail, 'list'>
  readonly retention: RetentionStore
  readonly erasures: ErasureStore
  readonly holds: Pick<HoldStore, 'place' | 'lift'>
  readonly deadLetters: DeadLetters
  readonly models: Pick<ModelCatalog, 'list' | 'thresholds'>
  readonly rollouts: RolloutStore
  readonly webhooks: Webhooks
  /** counts what callers want */
  readonly demand: Demand
  /** of a store whose uploads pass through the api */
  readonly uploadGate?: UploadGate
  /** does the database answer? */
  readonly databaseAlive: () => Promise<boolean>
  /** true once the process has all it needs to start; undefined = nothing to wait for */
  readonly started?: () => Promise<boolean>
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
  /** undefined = no spans */
  readonly tracer?: Tracer | undefined
}

/** Durations in ms. */
export interface AppConfig {
  readonly pools: readonly Pool[]
  readonly maxPictureBytes: number
  readonly deadlineInteractiveMs: number
  readonly deadlineBulkMs: number
  readonly maxDepthCount: number
  readonly keepAliveMs: number
  readonly requestTimeoutMs: number
  readonly shutdownDelayMs: number
  /** open connections from which on a new one is closed at once; unbounded unless told */
  readonly maxConnectionCount?: number
  /** of the bodies of all requests together, beyond which new ones are refused; unbounded unless told */
  readonly maxBodiesBytes?: number
  /** for requests under way to end after that; who is not done by then is cut off. 10 s unless told */
  readonly closeMs?: number
  /** undefined = wherever callers found it */
  readonly publicUrl?: string
  /** whose word is taken for the address a request came from: addresses, networks; none unless told */
  readonly trustedProxies?: readonly string[]
  readonly version: string
  /** of spans, where there is a tracer */
  readonly traces?: RequestTraceRules | undefined
  /** whose keys may see and change what is the installation's own; undefined = nobody's */
  readonly fleetTenant?: string
  /** what holds for tenants where nothing else is settled, over the built-in defaults */
  readonly tenantDefaults?: Partial<TenantSettings>
}

/** The tasks Muster offers. */
export const TASKS: readonly TaskDefinition[] = [faceMatch, liveness, ocr]

const createUseCases = (deps: ApiDeps, config: AppConfig, definitions: readonly TaskDefinition[]) => {
  const { jobs, queue, reply, completions, cache, blobs, codec, keys, clock, log, metrics } = deps
  const { erasures, retention } = deps
  const cancelJob = createCancelJob({ jobs, queue, completions, metrics })
  const clearJobs = createClearJobs({ retention, blobs, cache, metrics, log })
  const stored = createPictureStore({ blobs, codec, sealer: deps.sealer, log }, config.maxPictureBytes)
  const pictures = deps.tracer ? tracedPictures(deps.tracer, stored) : stored
  const settingsOf = createTenantSettings(deps, { ...DEFAULT_TENANT, ...config.tenantDefaults })
  const deadlineMs = { interactive: config.deadlineInteractiveMs, bulk: config.deadlineBulkMs }
  const dispatching = createDispatching({ ...deps, settingsOf }, deadlineMs, config.maxDepthCount)
  const submitDeps = { jobs, reply, pictures, settingsOf, completions, ...dispatching, metrics, clock }
  return {
    dispatching,
    authenticate: createAuthenticate({ keys, clock, log, metrics }),
    submitJob: createSubmitJob(submitDeps, { deadlineMs }),
    awaitJob: createAwaitJob({ jobs, cache, clock }),
    cancelJob,
    abandonJob: createAbandonJob(cancelJob, log),
    erase: createErase({
      jobs,
      erasures,
      clearJobs,
      purgeDeadLetters: createPurgeDeadLetters(deps),
      queue,
      completions,
      clock,
      log,
    }),
    answerJob: createAnswerJob(definitions, createForgetAnswered({ retention, clearJobs, log })),
  }
}

/**
 * Build the api: plugins, routes, error mapping. It neither listens nor reads the environment.
 * @param definitions the tasks to offer; one that no pool serves is left out
 * @throws Error from `ready()` when a route does not declare who may call it
 */
export const buildApp = async (
  deps: ApiDeps,
  config: AppConfig,
  definitions: readonly TaskDefinition[] = TASKS,
): Promise<FastifyInstance> => {
  const app = openServer(config)
  const { completions, clock, log, metrics } = deps
  const useCases = createUseCases(deps, config, definitions)
  const { dispatching, submitJob, awaitJob, abandonJob, erase, answerJob, authenticate } = useCases
  const deadlineMs = { interactive: config.deadlineInteractiveMs, bulk: config.deadlineBulkMs }
  const bodies = createBodyBudget(config.maxBodiesBytes ?? Number.POSITIVE_INFINITY)
  metrics.gauge('muster_body_bytes', 'Bytes of request bodies held in memory, or about to be', bodies.usedBytes)
  metrics.gauge('muster_waiting_callers', 'Callers now waiting for a job', () => completions.waiterCount())

  app.setValidatorCompiler(validatorCompiler)
  app.removeContentTypeParser('text/plain')
  addErrorHandling(app, log)
  const routes = noteRoutes(app)
  if (deps.tracer) traceRequests(app, deps.tracer, config.traces ?? { callers: 'link', tenants: false })
  addRequestContext(app, { ...deps, authenticate, fleetTenant: config.fleetTenant }, config.publicUrl)
  passOverBodies(app)
  await addOpenApi(app, documentWords(config.version, config.publicUrl))

  addDrain(app, { healthOf: (end) => healthOf(deps, end), release: () => completions.release() }, config)
  app.addHook('onClose', async () => {
    await dispatching.close()
  })

  await app.register(async (scope) => {
    await scope.register(multipart)
    for (const definition of definitions) {
      const pool = poolOf(config.pools, definition.task)
      const checkDeps = {
        admitJob: dispatching.admitJob,
        submitJob,
        jobs: deps.jobs,
        bodies,
        awaitJob,
        abandonJob,
        answerJob,
        ...{ webhooks: deps.webhooks, demand: deps.demand, tracer: deps.tracer },
        metrics,
        clock,
      }
      if (pool) addCheck(scope, definition, checkDeps, { pool, maxPictureBytes: config.maxPictureBytes, deadlineMs })
    }
  })
  addJobs(app, { ...deps, ...useCases }, definitions)
  addSubjects(app, { erase, audit: deps.audit })
  addHolds(app, createManageHolds(deps), deps.jobs)
  addAudit(app, deps)
  addErasures(app, deps)
  addUploads(app, { blobs: deps.blobs, uploadGate: deps.uploadGate, bodies, clock }, config.maxPictureBytes)
  addModels(app, deps.models)
  addThresholdSets(app, deps.models)
  addRollouts(app, createManageRollouts(deps))
  addWebhooks(app, deps.webhooks, deps.audit)
  addKeys(app, createManageKeys({ ...deps, random: randomBytes }), clock)
  addTenant(app, deps, { ...DEFAULT_TENANT, ...config.tenantDefaults })
  addHealth(app, app.apiHealth)
  await addDocs(app, 'Muster API')
  refuseOtherMethods(app, routes)
  return app
}
