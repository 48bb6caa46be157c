import { AbortError, TimeoutError } from './errors.ts'

/** The clock, the dice and the waiting of a client. Replace them to test an application without waiting. */
export interface Timers {
  /** epoch ms */
  now(): number
  /** 0..1 */
  random(): number
  /** Resolves after `ms`, or as soon as the signal fires. Never rejects. */
  pause(ms: number, signal: AbortSignal): Promise<void>
}

/** The real ones. */
export const systemTimers: Timers = {
  now: () => Date.now(),
  random: () => Math.random(),
  pause: (ms, signal) =>
    new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, ms)
      if (signal.aborted) end()
      else signal.addEventListener('abort', end)
    }),
}

/** The longest delay a timer takes; longer ones fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** One call of the client: its time, its abort signal, and the job it turned out to be about. */
export class Scope {
  readonly timers: Timers
  /** fires when the time is over or the caller aborts */
  readonly signal: AbortSignal
  jobId: string | undefined
  readonly #timeoutMs: number
  readonly #endsAt: number
  readonly #caller: AbortSignal | undefined
  readonly #close: () => void

  /** @param timeoutMs for the whole call; Infinity for none */
  constructor(timers: Timers, timeoutMs: number, caller?: AbortSignal) {
    this.timers = timers
    this.#timeoutMs = timeoutMs
    this.#endsAt = timers.now() + timeoutMs
    this.#caller = caller
    const controller = new AbortController()
    this.signal = controller.signal
    const abort = () => controller.abort()
    const timer = setTimeout(abort, Math.min(Math.max(timeoutMs, 0), LONGEST_TIMER_MS))
    caller?.addEventListener('abort', abort)
    if (caller?.aborted) abort()
    this.#close = () => {
      clearTimeout(timer)
      caller?.removeEventListener('abort', abort)
    }
  }

  remainingMs(): number {
    return Math.max(0, this.#endsAt - this.timers.now())
  }

  /**
   * Why the call cannot go on.
   * @param cause the failure that used up the time, if one did
   * @returns undefined while it can
   */
  over(cause?: unknown): AbortError | TimeoutError | undefined {
    const { jobId } = this
    if (this.#caller?.aborted) {
      const { reason } = this.#caller
      return new AbortError({
        code: 'ABORTED',
        message: 'the call was aborted',
        retryable: false,
        jobId,
        cause: reason,
      })
    }
    if (!this.signal.aborted && this.remainingMs() > 0) return undefined
    const message = `no result within ${this.#timeoutMs} ms${jobId === undefined ? '' : `; job ${jobId} goes on`}`
    return new TimeoutError({ code: 'TIMEOUT', message, retryable: true, jobId, cause })
  }

  /** @throws AbortError or TimeoutError when the call is over */
  check(): void {
    const error = this.over()
    if (error) throw error
  }

  /** Wait, but not beyond the end of the call. @throws AbortError, TimeoutError */
  async pause(ms: number): Promise<void> {
    await this.timers.pause(Math.min(ms, this.remainingMs()), this.signal)
    this.check()
  }

  /** The promise's outcome, unless the call is over first. @throws AbortError, TimeoutError */
  async race<T>(promise: Promise<T>): Promise<T> {
    this.check()
    let onAbort = () => {}
    const over = new Promise<never>((_, reject) => {
      onAbort = () => reject(this.over())
      this.signal.addEventListener('abort', onAbort)
    })
    try {
      return await Promise.race([promise, over])
    } finally {
      this.signal.removeEventListener('abort', onAbort)
    }
  }

  /** Let go of the timer and of the caller's signal. Always called, however the call ended. */
  end(): void {
    this.#close()
  }
}
