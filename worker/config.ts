import Type, { type Static } from 'typebox'

/** The environment of one worker process. Durations in ms; docs/operate.md says when to change what. */
export const workerConfig = Type.Object({
  DATABASE_URL: Type.String({ pattern: '^postgres(ql)?://' }),
  RABBITMQ_URL: Type.String({ pattern: '^amqps?://' }),
  REDIS_URL: Type.Optional(Type.String({ pattern: '^rediss?://' })),
  STORAGE_URL: Type.String({ minLength: 1 }),
  POOLS: Type.String({ default: 'face-match=face-match liveness=liveness ocr=ocr' }),
  MODELS_DIR: Type.String({ minLength: 1 }),
  LOG_LEVEL: Type.String({ default: 'info' }),
  WORKER_POOL: Type.String({ minLength: 1 }),
  WORKER_INDEX: Type.Integer({ minimum: 0, default: 0 }),
  WORKER_DEVICES: Type.String({ default: 'cpu', pattern: '^(cpu|cuda|webgpu)(,(cpu|cuda|webgpu))*$' }),
  WORKER_THREADS: Type.Integer({ minimum: 1, maximum: 64, default: 1 }),
  WORKER_INTRA_OP_THREADS: Type.Integer({ minimum: 1, maximum: 64, default: 1 }),
  WORKER_BATCH_MAX: Type.Integer({ minimum: 1, maximum: 256, default: 4 }),
  WORKER_BATCH_DELAY_MS: Type.Integer({ minimum: 0, maximum: 1_000, default: 0 }),
  WORKER_LEASE_MS: Type.Integer({ minimum: 1_000, default: 30_000 }),
  WORKER_JOB_TIMEOUT_MS: Type.Integer({ minimum: 100, default: 20_000 }),
  WORKER_GRACE_MS: Type.Integer({ minimum: 100, default: 25_000 }),
  WORKER_ADMIN_HOST: Type.String({ default: '127.0.0.1' }),
  /** 0 picks a free port; under the node supervisor the node's own listener serves the metrics of all workers */
  WORKER_ADMIN_PORT: Type.Integer({ minimum: 0, maximum: 65_535, default: 0 }),
  WORKER_ALLOW_LIVENESS_PASS: Type.Boolean({ default: false }),
  WORKER_CACHE_TTL_MS: Type.Integer({ minimum: 1_000, default: 120_000 }),
  STORAGE_TIMEOUT_MS: Type.Integer({ minimum: 100, default: 5_000 }),
})
export type WorkerConfig = Static<typeof workerConfig>

/** Rules across fields; each answers what is wrong. */
export const workerRules: readonly ((config: WorkerConfig) => string | undefined)[] = [
  ({ WORKER_JOB_TIMEOUT_MS: job, WORKER_LEASE_MS: lease }) =>
    job < lease ? undefined : 'WORKER_LEASE_MS must be longer than WORKER_JOB_TIMEOUT_MS, or a slow job is given away',
  ({ WORKER_JOB_TIMEOUT_MS: job, WORKER_GRACE_MS: grace }) =>
    job < grace ? undefined : 'WORKER_GRACE_MS must be longer than WORKER_JOB_TIMEOUT_MS, or a drain cuts jobs off',
]
