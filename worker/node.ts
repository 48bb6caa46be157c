/** The node supervisor: keeps the workers of this machine running, and shows and changes how many there are. */
import { fileURLToPath } from 'node:url'
import { systemClock } from '../infra/runtime/clock.ts'
import { loadOrExit } from '../infra/runtime/load-or-exit.ts'
import { createLogger } from '../infra/runtime/logger.ts'
import { createMetrics } from '../infra/runtime/metrics.ts'
import { runProcess } from '../infra/runtime/run-process.ts'
import { startAdmin } from './node/admin.ts'
import { nodeConfig, nodeRules } from './node/config.ts'
import { createNodeMetrics } from './node/node-metrics.ts'
import { Supervisor } from './node/supervisor.ts'
import { parseCounts } from './node/worker-counts.ts'

/** Workers are killed so much before the node's own grace ends: it needs the rest to see them gone. */
const STOP_MARGIN_MS = 500

const environment = process.env
const config = loadOrExit(nodeConfig, environment, nodeRules)
// The node's own secret is no business of its workers.
const { NODE_ADMIN_TOKEN: token, ...workerEnvironment } = { ...environment, NODE_ADMIN_TOKEN: config.NODE_ADMIN_TOKEN }
const log = createLogger('node', config.LOG_LEVEL)

await runProcess(log, config.NODE_GRACE_MS, async (life) => {
  const { metrics, registry } = createMetrics('node')
  const policy = {
    program: config.NODE_WORKER_PROGRAM ?? fileURLToPath(new URL('./main.ts', import.meta.url)),
    env: workerEnvironment,
    adminPort: config.WORKER_ADMIN_PORT,
    health: {
      startTimeoutMs: config.NODE_START_TIMEOUT_MS,
      heartbeatTimeoutMs: config.NODE_HEARTBEAT_TIMEOUT_MS,
    },
    backOff: { minMs: config.NODE_RESTART_MIN_MS, maxMs: config.NODE_RESTART_MAX_MS },
    resetMs: config.NODE_RESTART_RESET_MS,
    graceMs: config.NODE_GRACE_MS - STOP_MARGIN_MS,
    killMs: config.NODE_KILL_MS,
  }
  const counts = parseCounts(config.NODE_WORKERS)
  const deps = { log, metrics, clock: systemClock, random: Math.random }
  const supervisor = new Supervisor(counts, config.NODE_MAX_WORKERS, policy, deps)
  const admin = await startAdmin(
    { host: config.NODE_ADMIN_HOST, port: config.NODE_ADMIN_PORT, token },
    { supervisor, metrics: createNodeMetrics(registry, supervisor), log },
  )
  life.onStop('admin', () => admin.close())
  supervisor.start()
  // Registered last, so ended first: while workers drain, the node still says so and shows their metrics.
  life.onStop('workers', () => supervisor.stop())
  log.info({ host: config.NODE_ADMIN_HOST, port: admin.port }, 'the node listens')
})
