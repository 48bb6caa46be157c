import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { availableParallelism } from 'node:os'
import { pathToFileURL } from 'node:url'
import { DEFAULT_POOLS, parsePools } from '../../infra/domain/pools.ts'
import { newKeyLine } from '../../infra/encryption/key-file.ts'
import { isFree, reservePorts } from '../../infra/local/ports.ts'
import { UsageError } from '../exit-code.ts'
import { readSettings, type ServiceName, STACK_TENANT, type StackPaths, writeSettings } from './folder.ts'

type Env = Readonly<Record<string, string | undefined>>

/** Where the servers are: the private ones and those given by URL. */
export interface ServerUrls {
  readonly DATABASE_URL: string
  readonly RABBITMQ_URL: string
  readonly REDIS_URL: string
}

/** Memory for more workers than this is not every machine's, and without a GPU more than its cores do nothing. */
const MAX_WORKERS = 4

/** Every pool from one worker to as many as the cores can do something with. */
const localBounds = (env: Env): string => {
  const most = Math.min(MAX_WORKERS, Math.max(2, availableParallelism()))
  return parsePools(env.POOLS || DEFAULT_POOLS)
    .map(({ name }) => `${name}=1..${most}`)
    .join(' ')
}

/** What suits one machine. Handed to the services only. */
const localDefaults = (env: Env): Readonly<Record<string, string>> => ({
  // No load balancer has to notice that the api is going.
  API_SHUTDOWN_DELAY_MS: '0',
  FLEET: 'local',
  FLEET_TENANT: STACK_TENANT,
  // Somebody sits and watches, and a worker is up in seconds.
  AUTOSCALER_INTERVAL_MS: '5000',
  AUTOSCALER_BOOT_MS: '5000',
  AUTOSCALER_TRUST_NEW_POOLS: 'true',
  // Of one worker on one core, until ./muster capacity has measured it here.
  ...(!env.POOLS && { AUTOSCALER_CAPACITY: 'face-match=10 liveness=10 ocr=1' }),
})
/** Ports we choose when nobody did, and the one we would like best. */
const PORTS: Readonly<Record<string, number | undefined>> = {
  API_PORT: 8080,
  API_METRICS_PORT: undefined,
  NODE_ADMIN_PORT: 9480,
  AUTOSCALER_PORT: 8081,
  AUTOSCALER_METRICS_PORT: undefined,
}
const SECRETS = ['UPLOAD_SECRET', 'WEBHOOK_SECRET_KEY']
const SECRET_BYTES = 32

/** A port the person set must be free; ours are those of the last start while they are. */
const choosePorts = async (env: Env, last: Readonly<Record<string, number>>): Promise<Record<string, number>> => {
  const given = Object.keys(PORTS).flatMap((name) => (env[name] ? [[name, Number(env[name])] as const] : []))
  for (const [name, port] of given) {
    if (!(await isFree(port))) throw new UsageError(`${name}=${port} is taken by another program`)
  }
  return { ...(await reservePorts(Object.keys(PORTS), { ...PORTS, ...last })), ...Object.fromEntries(given) }
}

/** The address a client on this machine uses for a host that a server listens on. */
const reachable = (host: string): string => {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return isIP(host) === 6 ? `[${host}]` : host
}

/** Made once. Exclusively: two starts at once must not seal with keys of which one is lost. */
const ensureEncryptionKeys = ({ encryptionKeys: path }: StackPaths): string => {
  try {
    writeFileSync(path, `${newKeyLine(new Date().toISOString().slice(0, 10))}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return path
}

/** What services are started with, and where they can be reached. */
export interface StackEnvironment {
  /** what the services are started with */
  readonly services: Readonly<Record<string, string | undefined>>
  /** the variables that are ours, for `.muster/env` */
  readonly ours: Readonly<Record<string, string>>
  /** where clients reach the api, and people the fleet */
  readonly url: string
  readonly fleetUrl: string
  /** where each of our processes tells whether it is ready */
  readonly readyUrls: Readonly<Record<ServiceName, string>>
}

/**
 * All variables of the services: what the person set wins, the rest is chosen and remembered.
 * @throws UsageError when a port that was set is taken
 */
export const stackEnvironment = async (paths: StackPaths, env: Env, urls: ServerUrls): Promise<StackEnvironment> => {
  const settings = readSettings(paths)
  const ports = await choosePorts(env, settings.ports)
  const secrets = Object.fromEntries(
    SECRETS.map((name) => [name, settings.secrets[name] ?? randomBytes(SECRET_BYTES).toString('base64url')]),
  )
  writeSettings(paths, { ...settings, ports, secrets })
  const host = env.API_HOST || '127.0.0.1'
  const url = env.API_PUBLIC_URL || `http://${reachable(host)}:${ports.API_PORT}`
  const fleetUrl = `http://${reachable(env.AUTOSCALER_HOST || '127.0.0.1')}:${ports.AUTOSCALER_PORT}`
  const defaults: Record<string, string> = {
    ...urls,
    STORAGE_URL: pathToFileURL(paths.blobs).href,
    ENCRYPTION_KEYS_FILE: ensureEncryptionKeys(paths),
    MODELS_DIR: paths.models,
    AUTOSCALER_POOLS: localBounds(env),
    API_HOST: host,
    API_PUBLIC_URL: url,
    NODE_URL: `http://${reachable(env.NODE_ADMIN_HOST || '127.0.0.1')}:${ports.NODE_ADMIN_PORT}`,
    ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)])),
    ...secrets,
  }
  const ours = Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, env[name] || value]))
  // Names beginning with MUSTER_ are the clients'; services refuse those they do not know.
  const inherited = Object.entries(env).filter(([name, value]) => value && !name.startsWith('MUSTER_'))
  return {
    services: { ...localDefaults(env), ...Object.fromEntries(inherited), ...ours },
    ours,
    url,
    fleetUrl,
    readyUrls: {
      api: `http://${reachable(host)}:${ports.API_PORT}/readyz`,
      worker: `http://${reachable(env.NODE_ADMIN_HOST || '127.0.0.1')}:${ports.NODE_ADMIN_PORT}/readyz`,
      autoscaler: `${fleetUrl}/readyz`,
    },
  }
}
