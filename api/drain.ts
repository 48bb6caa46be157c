import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Completions } from './completions.ts'
import { type HealthDeps, healthOf } from './own-health.ts'
import type { ApiHealth } from './routes/health.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Stop without losing anything: no longer ready, serve on until load balancers have noticed, answer whoever still
     * waits with 202, finish what is in hand, close. Idempotent.
     */
    drain(): Promise<void>
    /** for the listener of operators */
    readonly apiHealth: ApiHealth
  }
}

const DEFAULT_CLOSE_MS = 10_000

/** What an end needs: whom to tell, and who waits. */
export interface DrainDeps extends HealthDeps {
  readonly completions: Pick<Completions, 'release'>
}

/** Durations in ms. */
export interface DrainConfig {
  /** to serve on, until load balancers have noticed */
  readonly shutdownDelayMs: number
  /** for requests under way to end after that; 10 s unless told */
  readonly closeMs?: number
}

/** Gives the app its end, `drain`, and its health, which knows of that end from the moment it begins. */
export const addDrain = (app: FastifyInstance, deps: DrainDeps, config: DrainConfig): void => {
  let drained: Promise<void> | undefined
  const drain = async (): Promise<void> => {
    await pause(config.shutdownDelayMs)
    deps.completions.release()
    // What is left after this are bodies that do not arrive: nothing was promised to their senders.
    const cut = setTimeout(() => app.server.closeAllConnections(), config.closeMs ?? DEFAULT_CLOSE_MS)
    await app.close()
    clearTimeout(cut)
  }
  app.decorate(
    'apiHealth',
    healthOf(deps, () => drained !== undefined),
  )
  app.decorate('drain', () => {
    drained ??= drain()
    return drained
  })
}
