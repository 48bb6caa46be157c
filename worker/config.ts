import Type, { type Static } from 'typebox'
import { DEFAULT_POOLS, parsePools } from '../infra/domain/pools.ts'
import { modelFolderRule, modelRules, modelVariables } from '../infra/runtime/model-config.ts'
import { encryptionRule, sharedVariables, storageRule } from '../infra/runtime/shared-config.ts'
import { traceVariables } from '../infra/runtime/trace-config.ts'

/** The environment of one worker process. Durations in ms; docs/operate.md says when to change what. */
export const workerConfig = Type.Object({
  ...sharedVariables,
  ...traceVariables,
  POOLS: Type.String({ default: DEFAULT_POOLS }),
  ...modelVariables,
  WORKER_POOL: Type.String({ minLength: 1 }),
  WORKER_INDEX: Type.Integer({ minimum: 0, default: 0 }),
  /** tried in this order */
  WORKER_DEVICES: Type.String({ default: 'cpu', pattern: '^(cpu|cuda|webgpu)(,(cpu|cuda|webgpu))*$' }),
  /** inference threads of one process; each loads every model of the pool's tasks */
  WORKER_THREADS: Type.Integer({ minimum: 1, maximum: 64, default: 1 }),
  WORKER_INTRA_OP_THREADS: Type.Integer({ minimum: 1, maximum: 64, default: 1 }),
  WORKER_BATCH_MAX: Type.Integer({ minimum: 1, maximum: 256, default: 4 }),
  WORKER_BATCH_DELAY_MS: Type.Integer({ minimum: 0, maximum: 1_000, default: 0 }),
  WORKER_LEASE_MS: Type.Integer({ minimum: 1_000, default: 30_000 }),
  /** longest call into a model; then the process ends and another attempt is made elsewhere */
  WORKER_JOB_TIMEOUT_MS: Type.Integer({ minimum: 100, default: 20_000 }),
  /** a model with nothing to do for so long runs a real inference; the process ends when that fails. 0 = never */
  WORKER_PROBE_MS: Type.Integer({ minimum: 0, default: 60_000 }),
  /** how often rollouts are looked at: so long after its end a candidate may go on */
  WORKER_ROLLOUT_MS: Type.Integer({ minimum: 100, maximum: 60_000, default: 3_000 }),
  WORKER_GRACE_MS: Type.Integer({ minimum: 1_000, default: 25_000 }),
  WORKER_ADMIN_HOST: Type.String({ minLength: 1, default: '127.0.0.1' }),
  /** 0 picks a free port; under the node supervisor the node's own listener shows the metrics of all workers */
  WORKER_ADMIN_PORT: Type.Integer({ minimum: 0, maximum: 65_535, default: 0 }),
  WORKER_CACHE_TTL_MS: Type.Integer({ minimum: 1_000, default: 120_000 }),
  /** let liveness answer `pass`: only with a model whose assurance you have measured */
  WORKER_ALLOW_LIVENESS_PASS: Type.Boolean({ default: false }),
  /** your own liveness model; its card lies beside it, see worker/models/README.md */
  LIVENESS_MODEL_PATH: Type.Optional(Type.String({ minLength: 1 })),
  LIVENESS_MODEL_SHA256: Type.Optional(Type.String({ pattern: '^[0-9a-fA-F]{64}$' })),
  /** URL of a module that loads other tasks in place of the real ones; for benchmarks and fault tests */
  WORKER_TASK_MODULE: Type.Optional(Type.String({ pattern: '^file://' })),
})
export type WorkerConfig = Static<typeof workerConfig>

/** Rules across fields; each answers what is wrong. */
export const workerRules: readonly ((config: WorkerConfig) => string | undefined)[] = [
  storageRule,
  encryptionRule,
  modelFolderRule,
  ...modelRules,
  ({ POOLS, WORKER_POOL }) =>
    parsePools(POOLS).some(({ name }) => name === WORKER_POOL) ? undefined : 'WORKER_POOL is not one of POOLS',
  ({ WORKER_JOB_TIMEOUT_MS: job, WORKER_LEASE_MS: lease }) =>
    job < lease ? undefined : 'WORKER_LEASE_MS must be longer than WORKER_JOB_TIMEOUT_MS, or a slow job is given away',
  ({ WORKER_JOB_TIMEOUT_MS: job, WORKER_GRACE_MS: grace }) =>
    job < grace ? undefined : 'WORKER_GRACE_MS must be longer than WORKER_JOB_TIMEOUT_MS, or a drain cuts jobs off',
  ({ LIVENESS_MODEL_PATH: path, LIVENESS_MODEL_SHA256: sha256 }) =>
    (path === undefined) === (sha256 === undefined)
      ? undefined
      : 'LIVENESS_MODEL_PATH and LIVENESS_MODEL_SHA256 belong together',
]
