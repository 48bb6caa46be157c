import { setTimeout as delay } from 'node:timers/promises'
import { DEFAULT_POOLS, parsePools } from '../../infra/domain/pools.ts'
import type { RunningServer } from '../../infra/local/server.ts'
import type { ServerName } from '../../infra/local/server-kind.ts'
import { KINDS, startServers, stopServers } from '../../infra/local/servers.ts'
import { writePrivate } from '../../infra/local/state-file.ts'
import type { Lifecycle } from '../../infra/runtime/lifecycle.ts'
import { ensureApiKey } from './api-key.ts'
import { formatEnvFile } from './env-file.ts'
import { type StackEnvironment, stackEnvironment } from './environment.ts'
import { SERVICE_NAMES, type ServiceName, type StackPaths } from './folder.ts'
import { ownServers, preflight } from './preflight.ts'
import { withSecretsInFiles } from './secret-files.ts'
import { type Service, startService } from './service.ts'
import type { StateWriter } from './state-writer.ts'
import { asLogger, type Tell } from './tell.ts'
import { watchServers } from './watch-servers.ts'

/** What a stack is started with. */
export interface StackPlan {
  readonly paths: StackPaths
  /** the person's environment */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly tell: Tell
  readonly state: StateWriter
}

/** A stack that answers. */
export interface Stack {
  readonly url: string
  readonly apiKey: string
  /** rejects when one of our own processes ended too often */
  readonly failed: Promise<never>
}

const ENTRIES: Readonly<Record<ServiceName, string>> = {
  api: 'api/main.ts',
  worker: 'worker/node.ts',
  autoscaler: 'autoscaler/main.ts',
}
/** Models are loaded and warmed before a process calls itself ready. */
const READY_TIMEOUT_MS = 180_000
const READY_POLL_MS = 150
const READY_REQUEST_TIMEOUT_MS = 2_000
const WAIT_TELL_MS = 10_000
/** Longer than a process's own grace: 25 to 30 s. */
const SERVICE_STOP_MS = 40_000

/** The person asked for an end while the stack was starting. */
class StartInterruptedError extends Error {}

const isReady = async (url: string): Promise<boolean> => {
  const answer = await fetch(url, { signal: AbortSignal.timeout(READY_REQUEST_TIMEOUT_MS) }).catch(() => undefined)
  await answer?.body?.cancel()
  return answer?.ok ?? false
}

const waitUntilReady = async (service: Service, url: string, life: Lifecycle, tell: Tell): Promise<void> => {
  const startedAt = performance.now()
  let toldAt = startedAt
  const answers = async () => {
    while (!(life.stopping || (await isReady(url)))) {
      const now = performance.now()
      if (now - startedAt > READY_TIMEOUT_MS) throw service.failure(`was not ready after ${READY_TIMEOUT_MS / 1000} s`)
      if (now - toldAt > WAIT_TELL_MS) {
        toldAt = now
        tell.say([`${service.name} is not ready yet`, ...service.lastWords()].join('; '))
      }
      await delay(READY_POLL_MS)
    }
  }
  await Promise.race([answers(), service.failed])
  service.settled()
}

const startOwnServers = async (
  { paths, tell, state }: StackPlan,
  life: Lifecycle,
  names: readonly ServerName[],
): Promise<readonly RunningServer[]> => {
  state.servers(names)
  // Registered first: a start that fails half-way leaves none of them running.
  life.onStop('servers', () => stopServers(paths.dir, names))
  const running = await startServers(paths.dir, {
    names,
    onStarted: ({ name, started, url }) =>
      tell.say(`${KINDS[name].title} ${started ? 'started' : 'runs already'} on port ${new URL(url).port}`),
  })
  const servers = names.flatMap((name) => running[name] ?? [])
  life.onStop('watch', watchServers(paths.dir, servers, tell))
  return servers
}

/** Schema, queues and models: what the services expect to find. */
const prepare = async ({ tell }: StackPlan, { ours, services }: StackEnvironment): Promise<void> => {
  const { migrate } = await import('../../infra/postgres/migrate.ts')
  const { setUpBroker } = await import('../../infra/rabbitmq/set-up.ts')
  const { prepareModels } = await import('../prepare-models.ts')
  const applied = await migrate(ours.DATABASE_URL ?? '', asLogger({ ...tell, say: () => {} }))
  tell.say(applied.length > 0 ? `database: ${applied.length} migrations applied` : 'database: schema is up to date')
  await setUpBroker(
    ours.RABBITMQ_URL ?? '',
    parsePools(services.POOLS || DEFAULT_POOLS).map(({ name }) => name),
  )
  const { prepared } = await prepareModels(ours.MODELS_DIR ?? '', (file, what) => {
    if (what === 'prepared') tell.say(`model prepared: ${file}`)
  })
  if (prepared.length === 0) tell.say('models: all there and verified')
}

const startServices = async ({ paths, tell, state }: StackPlan, life: Lifecycle, environment: StackEnvironment) => {
  state.readyUrls(environment.readyUrls)
  const env = withSecretsInFiles(paths.secrets, environment.services)
  const services = SERVICE_NAMES.map((name) => {
    const logPath = `${paths.logs}/${name}.log`
    const plan = { name, entry: ENTRIES[name], env, logPath, stopTimeoutMs: SERVICE_STOP_MS }
    const service: Service = startService(plan, (process) => state.service(name, process), tell.warn)
    // Nobody changes counts while workers end, and work in hand may still need the api's answer.
    life.onStop(name, () => service.stop())
    return { service, readyUrl: environment.readyUrls[name] }
  })
  await Promise.all(
    services.map(async ({ service, readyUrl }) => {
      await waitUntilReady(service, readyUrl, life, tell)
      if (!life.stopping) tell.say(`${service.name} is ready`)
    }),
  )
  return services.map(({ service }) => service)
}

/**
 * Bring everything up, in order; each part registers its end with `life`.
 * @throws what any part throws, also when `life` was stopped meanwhile; the caller then stops `life`
 */
export const runStack = async (plan: StackPlan, life: Lifecycle): Promise<Stack> => {
  const { paths, env, tell, state } = plan
  const goOn = () => {
    if (life.stopping) throw new StartInterruptedError('stopped while starting')
  }
  const names = ownServers(env)
  await preflight(paths, names, tell.say)
  goOn()
  const servers = await startOwnServers(plan, life, names)
  goOn()
  const url = (name: ServerName, given: string | undefined) =>
    servers.find((server) => server.name === name)?.url ?? given ?? ''
  const environment = await stackEnvironment(paths, env, {
    DATABASE_URL: url('postgres', env.DATABASE_URL),
    RABBITMQ_URL: url('rabbitmq', env.RABBITMQ_URL),
    REDIS_URL: url('redis', env.REDIS_URL),
  })
  await prepare(plan, environment)
  goOn()
  const apiKey = await ensureApiKey(paths, environment.ours.DATABASE_URL ?? '')
  writePrivate(
    paths.env,
    formatEnvFile({
      ...environment.ours,
      MUSTER_URL: environment.url,
      MUSTER_FLEET_URL: environment.fleetUrl,
      MUSTER_API_KEY: apiKey,
    }),
  )
  const services = await startServices(plan, life, environment)
  goOn()
  state.ready(environment.url)
  return { url: environment.url, apiKey, failed: Promise.race(services.map(({ failed }) => failed)) }
}
