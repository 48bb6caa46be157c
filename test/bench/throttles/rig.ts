import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import sharp from 'sharp'
import { apiConfig, apiRules } from '../../../api/config.ts'
import { startApi } from '../../../api/main.ts'
import { freePort } from '../../../infra/local/ports.ts'
import type { MinuteStore } from '../../../infra/ports/minute-store.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { createMinuteStore } from '../../../infra/postgres/minute-store.ts'
import { createOpenWork } from '../../../infra/postgres/open-work.ts'
import { openPool } from '../../../infra/postgres/pool.ts'
import { createTenantStore } from '../../../infra/postgres/tenant-store.ts'
import { openJobQueue } from '../../../infra/rabbitmq/job-queue.ts'
import { setUpBroker } from '../../../infra/rabbitmq/set-up.ts'
import type { Around } from '../../../infra/runtime/around.ts'
import { loadConfig } from '../../../infra/runtime/config.ts'
import { Lifecycle } from '../../../infra/runtime/lifecycle.ts'
import { createLogger } from '../../../infra/runtime/logger.ts'
import { createMetrics } from '../../../infra/runtime/metrics.ts'
import { createKey } from '../../../scripts/keys.ts'
import { workerConfig, workerRules } from '../../../worker/config.ts'
import { startWorker } from '../../../worker/main.ts'
import { startWire } from '../../chaos/wire.ts'
import type { Callee } from './callers.ts'
import { createLevers } from './levers.ts'
import { createMinutesByPhase } from './minutes-by-phase.ts'

/** Servers of whoever measures; the database has nothing else in it. */
export interface RigServers {
  readonly databaseUrl: string
  readonly rabbitmqUrl: string
  readonly redisUrl: string
}

const log = createLogger('throttles', 'silent')
const GRACE_MS = 10_000

/** A tenant whose limits are out of the way. */
const prepare = async ({ databaseUrl, rabbitmqUrl }: RigServers, pool: string): Promise<string> => {
  await migrate(databaseUrl, log)
  await setUpBroker(rabbitmqUrl, [pool])
  const database = openPool({ url: databaseUrl, maxCount: 1 })
  const [ratePerSecond, burstCount, maxInFlightCount] = [1e6, 1e6, 1e6]
  await createTenantStore(database).set('throttles', { ratePerSecond, burstCount, maxInFlightCount })
  await database.end()
  return createKey(databaseUrl, { tenant: 'throttles', name: 'throttles' })
}

const environment = async (servers: RigServers, pool: string, dir: string, databaseUrl: string) => {
  const [port, speed] = [await freePort(), join(dir, 'model-ms')]
  mkdirSync(join(dir, 'pictures'))
  const task = Object.assign(new URL('./task.ts', import.meta.url), { search: `?ms=${speed}` })
  const env = {
    DATABASE_URL: databaseUrl,
    RABBITMQ_URL: servers.rabbitmqUrl,
    REDIS_URL: servers.redisUrl,
    ...{ POOLS: `${pool}=liveness`, STORAGE_URL: pathToFileURL(join(dir, 'pictures')).href, ENCRYPTION: 'off' },
    ...{ LOG_LEVEL: 'silent', MINUTES_FLUSH_MS: '100', UPLOAD_SECRET: 'not-a-secret-used-by-throttles-alone' },
    ...{ API_PORT: String(port), API_METRICS_PORT: '0', API_SHUTDOWN_DELAY_MS: '0' },
    API_PUBLIC_URL: `http://127.0.0.1:${port}`,
  }
  const worker = { WORKER_POOL: pool, WORKER_TASK_MODULE: task.href, MODELS_DIR: dir, WORKER_BATCH_MAX: '4' }
  return { env, worker: { ...env, ...worker }, speed }
}

/** A picture that costs nothing to read. */
const aBody = async (): Promise<string> => {
  const picture = sharp({ create: { width: 96, height: 96, channels: 3, background: '#a0a0a0' } })
  return JSON.stringify({ image: { base64: (await picture.jpeg().toBuffer()).toString('base64') } })
}

const withoutApi = <T extends Record<string, string>>(env: T) =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/^(API_|UPLOAD_)/.test(name)))

/** A real api and a real worker in this process, on real servers, with levers on all that can be slow between them. */
export const startRig = async (servers: RigServers) => {
  const pool = `throttled-${randomUUID().slice(0, 8)}`
  const dir = mkdtempSync(join(tmpdir(), 'muster-throttles-'))
  const key = await prepare(servers, pool)
  const wire = await startWire(Number(new URL(servers.databaseUrl).port))
  const wired = Object.assign(new URL(servers.databaseUrl), { hostname: '127.0.0.1', port: String(wire.port) }).href
  const { env, worker: workerEnv, speed } = await environment(servers, pool, dir, wired)
  const database = openPool({ url: servers.databaseUrl, maxCount: 2 })
  const minutes = createMinuteStore(database)
  const [levers, phases] = [createLevers(), createMinutesByPhase(minutes)]
  const around: Around = <T extends object>(name: string, adapter: T) =>
    name === 'minutes'
      ? (phases.around(adapter as unknown as MinuteStore) as unknown as T)
      : levers.around(name, adapter)
  const broker = await openJobQueue({ url: servers.rabbitmqUrl, log, metrics: createMetrics('throttles').metrics })
  const api = new Lifecycle(log, GRACE_MS)
  await startApi(loadConfig(apiConfig, env, apiRules), api, log, { around })
  let worker: Lifecycle | undefined

  return {
    ...{ levers, phases, minutes, wire },
    callee: { url: env.API_PUBLIC_URL, key, body: await aBody() } satisfies Callee,
    modelTakes: (ms: number) => writeFileSync(speed, String(ms)),
    /** The worker ends, and another comes. @param more variables of its own; undefined = none comes */
    async work(more: Readonly<Record<string, string>> | undefined) {
      await worker?.stop()
      worker = more && new Lifecycle(log, GRACE_MS)
      if (!worker) return
      const config = loadConfig(workerConfig, withoutApi({ ...workerEnv, ...more }), workerRules)
      await startWorker(config, worker, () => {}, around)
    },
    /** what the autoscaler's look would see */
    async seen() {
      const [{ queuedCount }, { consumerCount }] = await Promise.all([
        createOpenWork(database).count(['liveness']),
        broker.depth(pool, 'interactive'),
      ])
      return { waiting: queuedCount, readyWorkers: consumerCount }
    },
    async stop() {
      await worker?.stop()
      await api.stop()
      await broker.close()
      await database.end()
      await wire.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
export type Rig = Awaited<ReturnType<typeof startRig>>
