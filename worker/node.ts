/** The node supervisor: keeps the workers of this machine running, and shows and changes how many there are. */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parsePools } from '../infra/domain/pools.ts'
import { openModelStore } from '../infra/model-store/open-model-store.ts'
import type { Metrics } from '../infra/ports/metrics.ts'
import { createCapacityStore } from '../infra/postgres/capacity-store.ts'
import { createModelCatalog } from '../infra/postgres/model-catalog.ts'
import { createNodeStore } from '../infra/postgres/node-store.ts'
import { type Database, openPool } from '../infra/postgres/pool.ts'
import { createQuarantineStore } from '../infra/postgres/quarantine-store.ts'
import { systemClock } from '../infra/runtime/clock.ts'
import type { Lifecycle } from '../infra/runtime/lifecycle.ts'
import { loadOrExit } from '../infra/runtime/load-or-exit.ts'
import { createLogger } from '../infra/runtime/logger.ts'
import { createMachine } from '../infra/runtime/machine.ts'
import { createMetrics } from '../infra/runtime/metrics.ts'
import { modelStorageOptions } from '../infra/runtime/model-config.ts'
import { runProcess } from '../infra/runtime/run-process.ts'
import { secretsOf } from '../infra/runtime/secrets.ts'
import { obtainModels } from './models/source.ts'
import { startAdmin } from './node/admin.ts'
import { chooseCounts } from './node/choose-counts.ts'
import { type NodeConfig, nodeConfig, nodeRules } from './node/config.ts'
import { startGpuWatch } from './node/gpu-watch.ts'
import { machineLoad } from './node/machine-load.ts'
import { createNodeMetrics } from './node/node-metrics.ts'
import { startNodeNotes } from './node/node-notes.ts'
import { startQuarantineNotes } from './node/quarantine-notes.ts'
import { createReadProfile } from './node/read-profile.ts'
import { Supervisor } from './node/supervisor.ts'
import { nodeName, toldNode } from './node/told-node.ts'
import { parseCounts } from './node/worker-counts.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

/** Workers are killed so much before the node's own grace ends: it needs the rest to see them gone. */
const STOP_MARGIN_MS = 500

const environment = process.env
const config = loadOrExit(nodeConfig, environment, nodeRules)
// The node's own secret is no business of its workers.
const { NODE_ADMIN_TOKEN: token, ...workerEnvironment } = { ...environment, NODE_ADMIN_TOKEN: config.NODE_ADMIN_TOKEN }
const log = createLogger('node', config.LOG_LEVEL)

/** Connections are made when they are needed: a node starts without a database. */
const openDatabase = (life: Lifecycle, metrics: Metrics): Database | undefined => {
  if (config.DATABASE_URL === undefined) return undefined
  const secrets = secretsOf(environment)({ log, metrics })
  life.onStop('secrets', () => secrets.stop())
  const url = secrets.present('DATABASE_URL', config.DATABASE_URL)
  const database = openPool({ url, maxCount: 1, applicationName: 'muster node' })
  life.onStop('postgres', () => database.end())
  return database
}

/** How many workers of each pool, and why where the node itself chose. */
const choose = async (database: Database | undefined) => {
  const pools = parsePools(config.POOLS)
  const tasksOf = (pool: string) => pools.find(({ name }) => name === pool)?.tasks ?? []
  const settings = {
    maxCount: config.NODE_MAX_WORKERS,
    devices: config.WORKER_DEVICES.split(','),
    tasksOf,
    memoryBytes: config.NODE_MEMORY_BYTES,
    workerBytes: config.NODE_WORKER_BYTES,
    gpuWorkerBytes: config.NODE_WORKER_GPU_BYTES,
  }
  const readProfile = createReadProfile({
    capacities: database && createCapacityStore(database),
    catalog: database && createModelCatalog(database),
    tasksOf,
    log,
  })
  const chosen = await chooseCounts(parseCounts(config.NODE_WORKERS), settings, {
    machine: createMachine(),
    readProfile,
  })
  for (const choice of chosen.choices) log.info({ ...choice }, 'the number of workers is chosen')
  return chosen
}

/** Models come before workers: these find them on the disk, and none fetches any. */
const obtain = async (life: Lifecycle, metrics: Metrics): Promise<void> => {
  if (config.MODELS_SOURCE !== 'storage') return
  // The clients of object storage are large, and most nodes need none.
  const { openBlobStore } = await import('../infra/object-storage/open-blob-store.ts')
  const store = openModelStore(config, (url) => openBlobStore(url, modelStorageOptions(config)).store, log)
  life.onStop('models', () => store?.close())
  const dir = await obtainModels(config, { store, metrics, log })
  Object.assign(workerEnvironment, { MODELS_SOURCE: 'folder', MODELS_DIR: dir })
}

const policyOf = (own: NodeConfig) => ({
  program: own.NODE_WORKER_PROGRAM ?? fileURLToPath(new URL('./main.ts', import.meta.url)),
  env: workerEnvironment,
  adminPort: own.WORKER_ADMIN_PORT,
  health: { startTimeoutMs: own.NODE_START_TIMEOUT_MS, heartbeatTimeoutMs: own.NODE_HEARTBEAT_TIMEOUT_MS },
  backOff: { minMs: own.NODE_RESTART_MIN_MS, maxMs: own.NODE_RESTART_MAX_MS },
  resetMs: own.NODE_RESTART_RESET_MS,
  graceMs: own.NODE_GRACE_MS - STOP_MARGIN_MS,
  killMs: own.NODE_KILL_MS,
  quarantine: { faultCount: own.NODE_DEVICE_FAULTS, windowMs: own.NODE_DEVICE_WINDOW_MS },
})

/** Say how this node is, and do as people wish. */
const startNotes = (
  database: Database | undefined,
  supervisor: Supervisor,
  pools: readonly string[],
  life: Lifecycle,
) => {
  const gpus = startGpuWatch(createMachine(), log)
  life.onStop('gpu watch', () => gpus.stop())
  const identity = {
    ...{ id: randomUUID(), name: nodeName(config.NODE_NAME ?? hostname()), pools, version },
    zone: config.NODE_ZONE ?? null,
  }
  const notes = startNodeNotes({
    store: database && createNodeStore(database),
    told: () => toldNode(identity, supervisor, { gpus: gpus.latest(), load: machineLoad() }),
    onDrain: (draining) => supervisor.drain(draining),
    ...{ clock: systemClock, log, everyMs: config.NODE_TELL_MS },
  })
  life.onStop('node notes', () => notes.stop())
  return notes
}

await runProcess(log, config.NODE_GRACE_MS, async (life) => {
  const { metrics, registry } = createMetrics('node')
  const database = openDatabase(life, metrics)
  const { counts, choices } = await choose(database)
  const notes = startQuarantineNotes(
    database && createQuarantineStore(database),
    { node: config.NODE_NAME ?? hostname(), pools: [...counts.keys()], quarantined: () => supervisor.quarantined() },
    log,
  )
  life.onStop('quarantine notes', () => notes.stop())
  const supervisor = new Supervisor(counts, config.NODE_MAX_WORKERS, policyOf(config), {
    ...{ log, metrics, clock: systemClock, random: Math.random },
    onQuarantine: ({ kind, quarantined }) => notes[kind](quarantined),
  })
  const admin = await startAdmin(
    { host: config.NODE_ADMIN_HOST, port: config.NODE_ADMIN_PORT, token },
    { supervisor, choices, metrics: createNodeMetrics(registry, supervisor), log },
  )
  life.onStop('admin', () => admin.close())
  const told = startNotes(database, supervisor, [...counts.keys()], life)
  await obtain(life, metrics)
  await told.begun
  supervisor.start()
  // Registered last, so ended first: while workers drain, the node still says so and shows their metrics.
  life.onStop('workers', () => supervisor.stop())
  log.info({ host: config.NODE_ADMIN_HOST, port: admin.port }, 'the node listens')
})
