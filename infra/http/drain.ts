import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { OwnHealth } from './health.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Stop without losing anything: no longer ready, serve on until load balancers have noticed, let go whoever still
     * waits, finish what is in hand, close. Idempotent.
     */
    drain(): Promise<void>
    /** for the listener of operators */
    readonly apiHealth: OwnHealth
  }
}

const DEFAULT_CLOSE_MS = 10_000

/** What an end needs: whom to tell, and who waits. */
export interface DrainDeps {
  /** @param draining it is about to end */
  readonly healthOf: (draining: () => boolean) => OwnHealth
  /** Answer now whoever waits for something. */
  readonly release?: () => void
}

/** Durations in ms. */
export interface DrainConfig {
  /** to serve on, until load balancers have noticed */
  readonly shutdownDelayMs: number
  /** for requests under way to end after that; 10 s unless told */
  readonly closeMs?: number
}

/** Gives the app its end, `drain`, and its health, which knows of that end from the moment it begins. */
export const addDrain = (app: FastifyInstance, { healthOf, release }: DrainDeps, config: DrainConfig): void => {
  let drained: Promise<void> | undefined
  const drain = async (): Promise<void> => {
    await pause(config.shutdownDelayMs)
    release?.()
    // What is left after this are bodies that do not arrive: nothing was promised to their senders.
    const cut = setTimeout(() => app.server.closeAllConnections(), config.closeMs ?? DEFAULT_CLOSE_MS)
    await app.close()
    clearTimeout(cut)
  }
  app.decorate(
    'apiHealth',
    healthOf(() => drained !== undefined),
  )
  app.decorate('drain', () => {
    drained ??= drain()
    return drained
  })
}
