import { setTimeout as pause } from 'node:timers/promises'
import { UnavailableError } from '../infra/domain/errors.ts'
import type { DeadLetters } from '../infra/ports/dead-letters.ts'
import type { JobQueue } from '../infra/ports/job-queue.ts'
import type { Logger } from '../infra/ports/logger.ts'

/** What the control loop wants of the broker, and people of its dead letters. */
export interface Depths extends Pick<JobQueue, 'depth' | 'connectedMs'> {
  readonly deadLetters: DeadLetters
  close(): Promise<void>
}

/** Opening already tries for some seconds. */
const AGAIN_MS = 5_000

/**
 * Depths of a broker that may be away when the process starts: it is opened beside it, again and again. Until then depths
 * are unknown, which takes no node away; people's words, the schedule and the demand decide without it. Dead letters are
 * unavailable until then.
 */
export const createPatientDepths = (open: () => Promise<Depths>, log: Logger, againMs = AGAIN_MS): Depths => {
  const ended = new AbortController()
  let opened: Depths | undefined
  const keepTrying = async (): Promise<void> => {
    while (!ended.signal.aborted && !opened) {
      try {
        const depths = await open()
        if (ended.signal.aborted) await depths.close()
        else opened = depths
        log.info({}, 'the broker is there')
      } catch (error) {
        log.warn({ error }, 'the broker cannot be reached: depths of the queues stay unknown')
        await pause(againMs, undefined, { signal: ended.signal }).catch(() => {})
      }
    }
  }
  void keepTrying()
  const there = (): Depths => {
    if (!opened) throw new UnavailableError('rabbitmq', new Error('not connected yet'))
    return opened
  }
  return {
    depth: async (pool, lane) => there().depth(pool, lane),
    deadLetters: {
      count: async () => there().deadLetters.count(),
      list: async (limit) => there().deadLetters.list(limit),
      settle: async (limit, decide) => there().deadLetters.settle(limit, decide),
    },
    connectedMs: () => opened?.connectedMs(),
    async close() {
      ended.abort()
      // Whoever ends does not wait for a broker that does not answer.
      await opened?.close()
    },
  }
}
