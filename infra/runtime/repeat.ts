import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from '../ports/logger.ts'

/** Replicas that were started together must not all do their housekeeping in the same second. */
const JITTER_RATIO = 0.2

export interface Repeated {
  /** no further round; resolves when the present one has ended */
  stop(): Promise<void>
}

/**
 * Do something again and again, one round at a time. A round that throws is logged and the next one comes all the same.
 * @param everyMs pause between two rounds, give or take a tenth
 */
export const repeat = (
  name: string,
  everyMs: number,
  log: Logger,
  round: (signal: AbortSignal) => Promise<unknown>,
): Repeated => {
  const ended = new AbortController()
  const loop = async () => {
    while (!ended.signal.aborted) {
      const ms = everyMs * (1 + JITTER_RATIO * (Math.random() - 0.5))
      await pause(ms, undefined, { signal: ended.signal }).catch(() => {})
      if (ended.signal.aborted) return
      await round(ended.signal).catch((error: unknown) => log.error({ round: name, error }, 'housekeeping failed'))
    }
  }
  const running = loop()
  return {
    stop() {
      ended.abort()
      return running
    },
  }
}
