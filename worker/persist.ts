import { setTimeout as pause } from 'node:timers/promises'
import { AppError } from '../infra/domain/errors.ts'
import { backOffMs } from './node/back-off.ts'

/** A server that restarts is back within seconds; a caller waits ten. */
const PAUSES = { minMs: 50, maxMs: 2_000 }

/**
 * Keep trying while a server is away. A delivery in hand costs nothing while it waits; handing it back would spend the
 * broker's patience with it.
 * @throws whatever is not retryable, at once; the abort reason when `signal` fires
 */
export const persist = async <T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T> => {
  for (let failureCount = 1; ; failureCount += 1) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof AppError) || !error.retryable) throw error
      await pause(backOffMs(failureCount, PAUSES, Math.random()), undefined, { signal })
    }
  }
}
