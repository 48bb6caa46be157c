import { AppError, STORAGE_SERVICE, UnavailableError } from '../domain/errors.ts'

/** How long a call may take, and how often it may begin anew within that time. */
export interface Bounds {
  readonly timeoutMs: number
  readonly attemptCount: number
}

/** Turns a driver's error into ours: what a retry cannot mend is not retried. */
export type Translate = (error: unknown) => AppError

/** Long enough for a server to come back from a hiccup, short enough for three attempts in any sane timeout. */
const BASE_DELAY_MS = 50

/** What object storage is called in errors. */
export const SERVICE = STORAGE_SERVICE

const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })

/**
 * Run one call to a store within its bounds. The signal given to `call` is aborted when the time is over, and at the
 * end in any case, so that nothing of an abandoned attempt lingers. Every adapter switches its library's own retries
 * off: two loops inside each other multiply.
 * @throws UnavailableError when the time is over; otherwise what `translate` makes of the last attempt's error
 */
export const bounded = async <T>(
  { timeoutMs, attemptCount }: Bounds,
  translate: Translate,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const controller = new AbortController()
  const { signal } = controller
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    late.reject(new UnavailableError(SERVICE, new Error(`no answer within ${timeoutMs} ms`)))
    controller.abort()
  }, timeoutMs)
  const attempt = async (): Promise<T> => {
    for (let attemptsLeft = attemptCount - 1; ; attemptsLeft -= 1) {
      try {
        return await call(signal)
      } catch (error) {
        const ours = error instanceof AppError ? error : translate(error)
        if (!ours.retryable || attemptsLeft === 0 || signal.aborted) throw ours
        await sleep(BASE_DELAY_MS * (1 + Math.random()) * 2 ** (attemptCount - attemptsLeft - 1), signal)
      }
    }
  }
  try {
    return await Promise.race([attempt(), late.promise])
  } finally {
    clearTimeout(timer)
    controller.abort()
  }
}
