import Type, { type Static } from 'typebox'
import { parsePools } from '../../infra/domain/pools.ts'
import { modelRules, modelVariables } from '../../infra/runtime/model-config.ts'
import { workerConfig } from '../config.ts'
import { HEARTBEAT_MS } from './protocol.ts'
import { leastOf, parseCounts } from './worker-counts.ts'

const shared = workerConfig.properties

/** The environment of a node supervisor. Everything else in its environment goes to the workers as it is. */
export const nodeConfig = Type.Object({
  POOLS: shared.POOLS,
  LOG_LEVEL: shared.LOG_LEVEL,
  WORKER_GRACE_MS: shared.WORKER_GRACE_MS,
  /** workers under a node listen on this port plus their index */
  WORKER_ADMIN_PORT: shared.WORKER_ADMIN_PORT,
  /** workers of each pool at start; a pool that is scaled from zero is written `ocr=0`, one that chooses `ocr=auto` */
  NODE_WORKERS: Type.String({ default: 'face-match=1 liveness=1 ocr=1' }),
  /** most worker processes on this machine, those on their way out included */
  NODE_MAX_WORKERS: Type.Integer({ minimum: 1, maximum: 256, default: 16 }),
  /** what `auto` may use of memory; unless told the limit of the container, else the machine's */
  NODE_MEMORY_BYTES: Type.Optional(Type.Integer({ minimum: 1 })),
  /** what `auto` reckons a worker with; unless told what workers had when they were measured on a CPU */
  NODE_WORKER_BYTES: Type.Optional(Type.Integer({ minimum: 1 })),
  /** the same of the GPU's memory */
  NODE_WORKER_GPU_BYTES: Type.Integer({ minimum: 1, default: 2_147_483_648 }),
  WORKER_DEVICES: shared.WORKER_DEVICES,
  /** models are fetched by the node, before its workers start */
  ...modelVariables,
  STORAGE_ACCESS_KEY: shared.STORAGE_ACCESS_KEY,
  STORAGE_SECRET_KEY: shared.STORAGE_SECRET_KEY,
  STORAGE_GCS_KEY_PATH: shared.STORAGE_GCS_KEY_PATH,
  /** where measurements are read and quarantines written; a node starts without */
  DATABASE_URL: Type.Optional(shared.DATABASE_URL),
  NODE_ADMIN_HOST: Type.String({ default: '127.0.0.1', minLength: 1 }),
  /** 0 picks a free port */
  NODE_ADMIN_PORT: Type.Integer({ minimum: 0, maximum: 65_535, default: 9_480 }),
  /** who shows it may change counts from another machine; without it only this machine may */
  NODE_ADMIN_TOKEN: Type.Optional(Type.String({ minLength: 16 })),
  NODE_GRACE_MS: Type.Integer({ minimum: 1_000, default: 30_000 }),
  /** longest from the start of a worker process until it is ready: models are loaded and warmed up in it */
  NODE_START_TIMEOUT_MS: Type.Integer({ minimum: 1_000, default: 300_000 }),
  NODE_HEARTBEAT_TIMEOUT_MS: Type.Integer({ minimum: 2 * HEARTBEAT_MS, default: 10_000 }),
  /** from SIGTERM to SIGKILL for a worker that does not start or does not answer */
  NODE_KILL_MS: Type.Integer({ minimum: 100, default: 5_000 }),
  NODE_RESTART_MIN_MS: Type.Integer({ minimum: 10, default: 500 }),
  NODE_RESTART_MAX_MS: Type.Integer({ minimum: 10, default: 30_000 }),
  /** a worker that was ready for so long is healthy: its next end starts the back-off anew */
  NODE_RESTART_RESET_MS: Type.Integer({ minimum: 0, default: 60_000 }),
  /** which machine this is, for people who look for a broken GPU; the host's own name unless told: a container's says little */
  NODE_NAME: Type.Optional(Type.String({ minLength: 1 })),
  /** where it stands, for people: of the nodes of a zone one can see whether all are silent */
  NODE_ZONE: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  /** how often it says how it is and hears what people wish; after 45 s of silence it counts as gone */
  NODE_TELL_MS: Type.Integer({ minimum: 500, maximum: 15_000, default: 10_000 }),
  /** so many faults of a device within the window quarantine it: its workers drain, and none is started */
  NODE_DEVICE_FAULTS: Type.Integer({ minimum: 1, default: 3 }),
  NODE_DEVICE_WINDOW_MS: Type.Integer({ minimum: 1_000, default: 600_000 }),
  /** the program of a worker process; default: this package's own */
  NODE_WORKER_PROGRAM: Type.Optional(Type.String({ minLength: 1 })),
})
export type NodeConfig = Static<typeof nodeConfig>

const said = (check: () => unknown): string | undefined => {
  try {
    check()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const checkWorkers = ({ NODE_WORKERS, NODE_MAX_WORKERS, POOLS }: NodeConfig): string | undefined => {
  const pools = new Set(parsePools(POOLS).map(({ name }) => name))
  const counts = parseCounts(NODE_WORKERS)
  const unknown = [...counts.keys()].find((pool) => !pools.has(pool))
  if (unknown !== undefined) return `NODE_WORKERS names ${unknown}, which is not one of POOLS`
  const total = leastOf(counts).reduce((sum, [, count]) => sum + count, 0)
  return total > NODE_MAX_WORKERS ? 'NODE_WORKERS asks for more than NODE_MAX_WORKERS' : undefined
}

/** Rules across fields; each answers what is wrong. */
export const nodeRules: readonly ((config: NodeConfig) => string | undefined)[] = [
  ...modelRules,
  (config) =>
    said(() => parsePools(config.POOLS)) ?? said(() => parseCounts(config.NODE_WORKERS)) ?? checkWorkers(config),
  ({ NODE_RESTART_MIN_MS: min, NODE_RESTART_MAX_MS: max }) =>
    min <= max ? undefined : 'NODE_RESTART_MIN_MS must not be over NODE_RESTART_MAX_MS',
  ({ WORKER_GRACE_MS: worker, NODE_GRACE_MS: node }) =>
    worker < node
      ? undefined
      : 'NODE_GRACE_MS must be longer than WORKER_GRACE_MS, or the node kills workers that drain',
]
