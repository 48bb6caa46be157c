import { setTimeout as pause } from 'node:timers/promises'
import { AppError } from '../infra/domain/errors.ts'

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 2_000

/** Full jitter, so that a fleet does not come back in step. @source AWS Architecture Blog, "Exponential Backoff And Jitter" */
export const backOffMs = (failures: number, random: number): number =>
  random * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures)

/**
 * Keep trying while a server is away. A delivery in hand costs nothing while it waits; handing it back would spend the
 * broker's patience with it.
 * @throws whatever is not retryable, at once; the abort reason when `signal` fires
 */
export const persist = async <T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T> => {
  for (let failures = 0; ; failures += 1) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof AppError) || !error.retryable) throw error
      await pause(backOffMs(failures, Math.random()), undefined, { signal })
    }
  }
}
