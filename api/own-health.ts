import type { OwnHealth } from '../infra/http/health.ts'
import type { JobQueue, ReplyQueue } from '../infra/ports/job-queue.ts'
import type { ResultCache } from '../infra/ports/result-cache.ts'
import { ALIVE, type HealthCheck, runChecks } from '../infra/runtime/health.ts'

/** What a process must have to be well, or is better with. */
export interface HealthDeps {
  readonly queue: Pick<JobQueue, 'trouble'>
  readonly reply: Pick<ReplyQueue, 'listening'>
  readonly cache: Pick<ResultCache, 'healthy'>
  readonly webhooks: { healthy(): boolean }
  readonly databaseAlive: () => Promise<boolean>
  /** true once the process has all it needs to start; undefined = nothing to wait for */
  readonly started?: () => Promise<boolean>
}

/** What this process knows of itself, by what it needs. @param draining it is about to end */
export const healthOf = (
  { queue, reply, cache, webhooks, databaseAlive, started }: HealthDeps,
  draining: () => boolean,
): OwnHealth => {
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
