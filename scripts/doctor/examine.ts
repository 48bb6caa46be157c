import { existsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { apiConfig } from '../../api/config.ts'
import { type Finding, mustBeNone, problem, well } from '../../infra/doctor/finding.ts'
import { judgeRows, type LaneSigns } from '../../infra/doctor/judge-rows.ts'
import { judgeBroker, judgeDatabase, judgeNode, judgeRedis } from '../../infra/doctor/judge-servers.ts'
import { judgeDisk, judgeTimeouts } from '../../infra/doctor/judge-settings.ts'
import { DEFAULT_POOLS, type Pool, parsePools } from '../../infra/domain/pools.ts'
import { LANES } from '../../infra/domain/task.ts'
import type { BrokerSigns } from '../../infra/ports/doctor.ts'
import { workerConfig } from '../../worker/config.ts'
import { nodeConfig } from '../../worker/node/config.ts'
import { findProblems } from '../config.ts'
import type { Env } from './env.ts'

/** What was found, and whether servers could be reached at all. */
export interface Examination {
  readonly findings: readonly Finding[]
  readonly unreachable: boolean
}

const OVERDUE_GRACE_MS = 300_000

/** The pools of that stack. @throws PoolsInvalidError */
export const poolsOf = (env: Env): readonly Pool[] => parsePools(env.POOLS || DEFAULT_POOLS)

const DEFAULTS = { ...apiConfig.properties, ...nodeConfig.properties, ...workerConfig.properties }

const numberOf = (env: Env, name: keyof typeof DEFAULTS): number =>
  Number(env[name] || (DEFAULTS[name] as { readonly default?: number }).default)

const timeoutsOf = (env: Env) => ({
  keepAliveMs: numberOf(env, 'API_KEEP_ALIVE_MS'),
  apiGraceMs: numberOf(env, 'API_GRACE_MS'),
  workerGraceMs: numberOf(env, 'WORKER_GRACE_MS'),
  nodeGraceMs: numberOf(env, 'NODE_GRACE_MS'),
  jobTimeoutMs: numberOf(env, 'WORKER_JOB_TIMEOUT_MS'),
  leaseMs: numberOf(env, 'WORKER_LEASE_MS'),
})

const examineDisk = async (env: Env): Promise<readonly Finding[]> => {
  if (!env.STORAGE_URL?.startsWith('file:')) return []
  const { bavail, bsize, blocks } = await statfs(nearestFolder(fileURLToPath(env.STORAGE_URL)))
  return [judgeDisk(bavail * bsize, blocks * bsize)]
}

/** The folder of pictures comes with the first picture; the disk it will lie on is known before. */
const nearestFolder = (path: string): string =>
  existsSync(path) || dirname(path) === path ? path : nearestFolder(dirname(path))

/** A look that fails is a finding, and keeps no other from being made. */
const looked = async (check: string, look: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> => {
  try {
    return await look()
  } catch (error) {
    const { message, cause } = error as Error
    const because = cause instanceof Error && cause.message ? `: ${cause.message}` : ''
    return [{ check, state: 'unknown', detail: `${message}${because}`, fix: 'see that it runs and can be reached' }]
  }
}

/** What can be said without asking any server. */
export const examineOffline = async (env: Env): Promise<readonly Finding[]> => {
  const problems = await findProblems(env)
  return [
    judgeNode(process.versions.node),
    ...(problems.length > 0
      ? problems.map((text) => problem('configuration', text, './muster config print'))
      : [well('configuration', 'every process would start with it')]),
    ...judgeTimeouts(timeoutsOf(env)),
    ...(await looked('disk', () => examineDisk(env))),
  ]
}

const examineBroker = async (env: Env): Promise<BrokerSigns> => {
  const { probeBroker } = await import('../../infra/rabbitmq/doctor-probe.ts')
  const pools = poolsOf(env).map(({ name }) => name)
  return probeBroker(env.RABBITMQ_URL ?? '', pools)
}

const lanesOf = (signs: BrokerSigns | undefined, pools: readonly Pool[]): readonly LaneSigns[] =>
  pools.flatMap(({ name: pool }) =>
    LANES.flatMap((lane) => {
      const found = signs?.queues.find(({ name, problem: wrong }) => name === `${pool}.${lane}` && wrong !== 'missing')
      return found ? [{ pool, lane, readyCount: found.readyCount, consumerCount: found.consumerCount }] : []
    }),
  )

const examineDatabase = async (env: Env, lanes: readonly LaneSigns[]): Promise<readonly Finding[]> => {
  const { openPool } = await import('../../infra/postgres/pool.ts')
  const { createDatabaseProbe } = await import('../../infra/postgres/doctor-probe.ts')
  const { createRetentionStore } = await import('../../infra/postgres/retention-store.ts')
  const pool = openPool({ url: env.DATABASE_URL ?? '', maxCount: 1 })
  try {
    const probe = createDatabaseProbe(pool)
    const askedAt = Date.now()
    const signs = await probe.database()
    const judged = judgeDatabase(signs, (askedAt + Date.now()) / 2)
    // The rows of another schema cannot be asked for.
    if (signs.migrationsMissing.length > 0) return judged
    const { pictureJobs, resultJobs } = await createRetentionStore(pool).overdue(OVERDUE_GRACE_MS)
    const overdue = mustBeNone(
      'overdue-data',
      pictureJobs + resultJobs,
      'jobs whose data should be gone',
      'see the api’s log',
    )
    const { lookAtKeys } = await import('./look-at-keys.ts')
    const { lookAtDevices } = await import('./look-at-devices.ts')
    const beyondJobs = [...(await lookAtKeys(env, probe)), ...(await lookAtDevices(pool))]
    return [...judged, ...judgeRows(await probe.rows(), lanes, poolsOf(env)), overdue, ...beyondJobs]
  } finally {
    await pool.end()
  }
}

/**
 * Look at everything. Nothing is changed but for an object in storage, which comes and goes.
 * @param dir the stack's folder, whose private broker it may be
 */
export const examine = async (env: Env, dir?: string): Promise<Examination> => {
  const { lookAtLimits } = await import('./look-at-limits.ts')
  const { lookAtStorage } = await import('./look-at-storage.ts')
  const offline = await examineOffline(env)
  let signs: BrokerSigns | undefined
  const broker = await looked('rabbitmq', async () => {
    signs = await examineBroker(env)
    return judgeBroker(signs)
  })
  const database = await looked('postgres', () => examineDatabase(env, lanesOf(signs, poolsOf(env))))
  const redis = await looked('redis', async () => {
    if (!env.REDIS_URL) return [well('redis-version', 'none is configured: results are read from the database')]
    const { redisVersion } = await import('../../infra/redis/doctor-probe.ts')
    return [judgeRedis(await redisVersion(env.REDIS_URL))]
  })
  const limits = signs ? await looked('broker-limits', () => lookAtLimits(env, dir)) : []
  const storage = await looked('storage', () => lookAtStorage(env))
  const findings = [...offline, ...broker, ...limits, ...database, ...redis, ...storage]
  const unreachable = findings.some(({ check, state }) => state === 'unknown' && /^(rabbitmq|postgres)$/.test(check))
  return { findings, unreachable }
}
