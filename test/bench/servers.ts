import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parsePools } from '../../infra/domain/pools.ts'
import { newKeyLine } from '../../infra/encryption/key-file.ts'
import { freePorts } from '../../infra/local/ports.ts'
import { startServers, stopServers } from '../../infra/local/servers.ts'
import { migrate } from '../../infra/postgres/migrate.ts'
import { openPool } from '../../infra/postgres/pool.ts'
import { createTenantStore } from '../../infra/postgres/tenant-store.ts'
import { setUpBroker } from '../../infra/rabbitmq/set-up.ts'
import { createLogger } from '../../infra/runtime/logger.ts'
import { createKey } from '../../scripts/keys.ts'
import { prepareModels } from '../../scripts/prepare-models.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const DIR = join(ROOT, '.muster', 'bench')

/** Variables for the processes of a measurement, and a key to call the api with. */
export interface BenchStack {
  readonly env: Readonly<Record<string, string>>
  readonly apiUrl: string
  readonly apiKey: string
  stop(): Promise<void>
}

/** A tenant whose limits are out of the way: what is measured is what Muster can do, not what one caller may. */
const keyWithoutLimits = async (url: string): Promise<string> => {
  const database = openPool({ url, maxCount: 1 })
  try {
    const [ratePerSecond, burstCount, maxInFlightCount] = [1e6, 1e6, 1e6]
    await createTenantStore(database).set('bench', { ratePerSecond, burstCount, maxInFlightCount })
  } finally {
    await database.end()
  }
  return createKey(url, { tenant: 'bench', name: 'bench' })
}

/** Private servers of the benchmark's own, as durable as those of `up`: what is not synced to disk is not promised. */
export const startBenchStack = async (pools: string): Promise<BenchStack> => {
  mkdirSync(DIR, { recursive: true })
  const { postgres, rabbitmq, redis } = await startServers(DIR)
  const ports = await freePorts(['api', 'peer'], {})
  const urls = {
    DATABASE_URL: postgres?.url ?? '',
    RABBITMQ_URL: rabbitmq?.url ?? '',
    REDIS_URL: redis?.url ?? '',
  }
  const modelsDir = join(ROOT, '.muster', 'models')
  await migrate(urls.DATABASE_URL, createLogger('bench', 'silent'))
  await setUpBroker(
    urls.RABBITMQ_URL,
    parsePools(pools).map(({ name }) => name),
  )
  await prepareModels(modelsDir, () => {})
  return {
    env: {
      ...urls,
      POOLS: pools,
      STORAGE_URL: pathToFileURL(join(DIR, 'blobs')).href,
      MODELS_DIR: modelsDir,
      LOG_LEVEL: 'silent',
      API_PORT: String(ports.api),
      API_PUBLIC_URL: `http://127.0.0.1:${ports.api}`,
      API_SHUTDOWN_DELAY_MS: '0',
      ENCRYPTION_KEYS: newKeyLine('bench'),
      UPLOAD_SECRET: 'not-a-secret-used-by-this-benchmark-alone',
      PORT: String(ports.peer),
    },
    apiUrl: `http://127.0.0.1:${ports.api}`,
    apiKey: await keyWithoutLimits(urls.DATABASE_URL),
    stop: async () => void (await stopServers(DIR)),
  }
}
