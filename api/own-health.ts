import { ALIVE, type HealthCheck, runChecks } from '../infra/runtime/health.ts'
import type { ApiDeps } from './app.ts'
import type { ApiHealth } from './routes/health.ts'

/** What this process knows of itself, by what it needs. @param draining it is about to end */
export const healthOf = (
  { queue, reply, cache, webhooks, databaseAlive, started }: ApiDeps,
  draining: () => boolean,
): ApiHealth => {
  const readiness: readonly HealthCheck[] = [
    { name: 'serving', required: true, probe: () => !draining() },
    { name: 'postgres', required: true, probe: databaseAlive },
    { name: 'rabbitmq', required: true, probe: () => queue.trouble() === undefined },
    { name: 'replies', required: true, probe: () => reply.listening() },
    { name: 'redis', required: false, probe: () => cache.healthy() },
    { name: 'webhooks', required: false, probe: () => webhooks.healthy() },
  ]
  const startup: readonly HealthCheck[] = started ? [{ name: 'started', required: true, probe: started }] : []
  return { live: () => ALIVE, ready: () => runChecks(readiness), startup: () => runChecks(startup) }
}
