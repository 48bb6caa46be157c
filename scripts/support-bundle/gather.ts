import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import { AppError } from '../../infra/domain/errors.ts'
import { DEFAULT_POOLS } from '../../infra/domain/pools.ts'
import { ROOT, type StackPaths } from '../stack/folder.ts'
import { readStatus } from '../status.ts'
import type { LogJudge } from './clean-log.ts'
import { cleanMetrics } from './clean-metrics.ts'
import { type DatabaseFacts, readDatabase } from './database.ts'
import { configuration, disks, modelsIn, platform, versions } from './facts.ts'
import { cleanLog, findLogs } from './logs.ts'
import { createScrubber } from './scrub.ts'
import { findSecrets } from './secrets.ts'
import { readSourceWords } from './source-words.ts'
import type { TarFile } from './tar.ts'

type Env = Readonly<Record<string, string | undefined>>

/** What a person asked for. */
export interface SupportRequest {
  readonly env: Env
  readonly paths: StackPaths
  readonly lineCount: number
  readonly logs: readonly string[]
  readonly withTenants: boolean
  /** epoch ms */
  readonly now: number
}

/** What was gathered: the files of the archive, its manifest among them. */
export interface Gathered {
  readonly files: readonly TarFile[]
  readonly missing: readonly { readonly path: string; readonly why: string }[]
}

/** Something is left in what was gathered that must not be seen. Nothing is written. */
export class BundleLeaksError extends AppError {
  readonly code = 'BUNDLE_LEAKS'
  readonly retryable = false
  constructor(path: string) {
    super(`${path} still holds a secret or a tenant's name: nothing was written; please report this`)
  }
}

const METRICS_TIMEOUT_MS = 3_000
const STATEMENT_TIMEOUT_MS = 20_000
const NEVER = [
  'pictures, results, names, document numbers, recognised text, embeddings',
  'passwords, keys, tokens, whether in variables, files, addresses or logs',
  'who said or did what: actors, reasons and notes of people',
  'rows of any table: counts alone',
]

interface Part {
  readonly path: string
  readonly what: string
  readonly read: () => unknown
}

const fetchMetrics = async (host: string, port: string | undefined): Promise<string> => {
  if (!port) throw new Error('its port is not known here')
  const url = `http://${host === '0.0.0.0' || host === '' ? '127.0.0.1' : host}:${port}/metrics`
  const answer = await fetch(url, { signal: AbortSignal.timeout(METRICS_TIMEOUT_MS) })
  if (!answer.ok) throw new Error(`it answers ${answer.status}`)
  return answer.text()
}

const openFacts = async (env: Env): Promise<DatabaseFacts> => {
  if (!env.DATABASE_URL) throw new Error('DATABASE_URL is not set')
  const { openPool } = await import('../../infra/postgres/pool.ts')
  const db = openPool({ url: env.DATABASE_URL, maxCount: 1, statementTimeoutMs: STATEMENT_TIMEOUT_MS })
  try {
    return await readDatabase(db, env.POOLS || DEFAULT_POOLS)
  } finally {
    await db.end()
  }
}

const examineStack = async (env: Env, { dir }: StackPaths): Promise<object> => {
  const { examine } = await import('../doctor/examine.ts')
  return examine(env, dir)
}

const readQueues = async (env: Env): Promise<object> => {
  if (!env.RABBITMQ_URL) throw new Error('RABBITMQ_URL is not set')
  const { probeBroker } = await import('../../infra/rabbitmq/doctor-probe.ts')
  const { poolsOf } = await import('../doctor/examine.ts')
  return probeBroker(
    env.RABBITMQ_URL,
    poolsOf(env).map(({ name }) => name),
  )
}

/** The same facts are in several files, and are asked for once. */
const once = <T>(ask: () => Promise<T>): (() => Promise<T>) => {
  let asked: Promise<T> | undefined
  return () => {
    asked ??= ask()
    return asked
  }
}

const partsOf = (
  { env, paths, lineCount, logs }: SupportRequest,
  facts: () => Promise<DatabaseFacts>,
  judge: LogJudge,
): readonly Part[] => {
  const metrics = (name: string, host: string, port: string | undefined): Part => ({
    path: `metrics/${name}.txt`,
    what: `metrics of ${name}`,
    read: async () => cleanMetrics(await fetchMetrics(host, port), judge),
  })
  return [
    { path: 'versions.json', what: 'versions of Muster, Node, the system and libraries', read: versions },
    { path: 'platform.json', what: 'cores, memory, load, GPUs', read: platform },
    {
      path: 'config.json',
      what: 'every variable, without secrets, and what is wrong with them',
      read: () => configuration(env),
    },
    { path: 'doctor.json', what: 'what ./muster doctor finds', read: () => examineStack(env, paths) },
    { path: 'status.json', what: 'what ./muster status shows', read: () => readStatus(paths) },
    {
      path: 'database.json',
      what: 'counts of jobs by state and age, migrations, connections, sizes',
      read: async () => (await facts()).facts,
    },
    {
      path: 'decisions.json',
      what: 'the last decisions of the autoscaler, without people',
      read: async () => (await facts()).decisions,
    },
    { path: 'queues.json', what: 'depths and consumers of the queues', read: () => readQueues(env) },
    { path: 'models-in-use.json', what: 'models that workers announce', read: async () => (await facts()).models },
    {
      path: 'models.json',
      what: 'models of the folder on this machine, by digest',
      read: () => modelsIn(env.MODELS_DIR ?? paths.models),
    },
    { path: 'disk.json', what: 'room on the disks', read: () => disks(env, paths) },
    metrics('api', env.API_METRICS_HOST ?? '', env.API_METRICS_PORT),
    metrics('node', env.NODE_ADMIN_HOST ?? '', env.NODE_ADMIN_PORT),
    metrics('autoscaler', env.AUTOSCALER_METRICS_HOST ?? '', env.AUTOSCALER_METRICS_PORT),
    ...findLogs(paths.logs, logs).map((log) => ({
      path: `logs/${log.name}.log`,
      what: `the last ${lineCount} lines of ${log.name}`,
      read: () => cleanLog(log, lineCount, judge),
    })),
  ]
}

const tenantsAsShown = (value: unknown, show: (name: string) => string): unknown =>
  JSON.parse(JSON.stringify(value), (key, found: unknown) =>
    key === 'tenant' && typeof found === 'string' ? show(found) : found,
  )

const whyOf = (error: unknown): string => (error instanceof Error ? error.message || error.name : 'it failed')
const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value, undefined, 2))
const tokensOf = (text: string): readonly string[] => text.match(/[A-Za-z0-9]+/g) ?? []

const judgeOf = async (request: SupportRequest, facts: () => Promise<DatabaseFacts>): Promise<LogJudge> => {
  const { env, paths, withTenants } = request
  const source = readSourceWords(ROOT)
  const isOwn = (value: string): boolean => source.words.has(value)
  const found = await facts().then(
    ({ tenants }) => tenants,
    () => [],
  )
  const tenants = [...found, env.FLEET_TENANT ?? ''].filter((name) => name !== '' && !isOwn(name))
  const secrets = findSecrets(env, paths).filter((value) => !isOwn(value))
  const known = new Set([hostname(), env.POOLS ?? '', env.NODE_WORKERS ?? ''].flatMap(tokensOf))
  return { source, known, scrub: createScrubber({ secrets, tenants, withTenants }) }
}

/**
 * Gather what support needs, and take out what it must not see. A part that cannot be had is named, and keeps no other
 * from being had. Asks servers, changes nothing.
 * @throws BundleLeaksError when the last look at what was gathered finds a secret
 */
export const gatherSupport = async (request: SupportRequest): Promise<Gathered> => {
  const facts = once(() => openFacts(request.env))
  const judge = await judgeOf(request, facts)
  const { scrub } = judge
  const files: (TarFile & { readonly what: string })[] = []
  const missing: { path: string; why: string }[] = []
  for (const { path, what, read } of partsOf(request, facts, judge)) {
    try {
      const value = await read()
      const shown = typeof value === 'string' ? value : tenantsAsShown(value, scrub.tenant)
      files.push({ path, what, body: Buffer.from(`${scrub(textOf(shown))}\n`) })
    } catch (error) {
      missing.push({ path, why: scrub(whyOf(error)) })
    }
  }
  const manifest = {
    schema: 1,
    createdAt: new Date(request.now).toISOString(),
    tenants: request.withTenants ? 'by name' : 'by digest',
    files: files.map(({ path, what, body }) => ({
      ...{ path, what, bytes: body.length },
      sha256: createHash('sha256').update(body).digest('hex'),
    })),
    missing,
    neverIncluded: NEVER,
    takenOut: scrub.counts,
  }
  const all = [{ path: 'manifest.json', body: Buffer.from(`${JSON.stringify(manifest, undefined, 2)}\n`) }, ...files]
  for (const { path, body } of all) if (scrub.leaks(Buffer.from(body).toString())) throw new BundleLeaksError(path)
  return { files: all.map(({ path, body }) => ({ path: `muster-support/${path}`, body })), missing }
}
