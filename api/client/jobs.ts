import { ConfigurationError } from './errors.ts'
import { asJob, type FinishedJob, isFinished, type Job } from './job.ts'
import type { Answered } from './problem.ts'
import type { TaskName } from './results.ts'
import { retryAfterMs } from './retry.ts'
import type { Scope } from './scope.ts'
import { invalidAnswer, type Preference, type Transport } from './transport.ts'

/** Time and abort of one call. */
export interface CallOptions {
  /** for the whole call, retries and waiting included; ms */
  readonly timeoutMs?: number
  /** how often each request of the call may be sent again */
  readonly maxRetries?: number
  /** ends the call with an AbortError */
  readonly signal?: AbortSignal
}

/** Opens a call, runs it, and lets go of its timer however it ends. */
export type RunCall = <R>(options: CallOptions | undefined, work: (scope: Scope) => Promise<R>) => Promise<R>

/** Below the 30 s after which common proxies give up on a silent answer. */
const LONGEST_WAIT_SECONDS = 20
/** Left for the answer to travel before the caller's own time is over. */
const TRAVEL_MS = 500
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 5_000

/**
 * Ask the service to hold its answer back until there is news, for as long as the call has time.
 * @param longestSeconds and no longer than this
 */
export const preferWaiting = (scope: Scope, longestSeconds = LONGEST_WAIT_SECONDS): Preference => {
  const left = Math.floor((scope.remainingMs() - TRAVEL_MS) / 1000)
  const seconds = Math.max(0, Math.min(longestSeconds, left))
  return { header: `wait=${seconds}`, waitMs: seconds * 1000 }
}

/** The job of an answer. @throws InvalidAnswerError when it holds none */
export const jobIn = (answer: Answered, scope: Scope): Job => {
  const job = asJob(answer.body)
  if (!job) throw invalidAnswer(answer, scope, 'it is not a job')
  return job
}

const pathOf = (id: string): string => {
  if (typeof id !== 'string' || id === '') throw new ConfigurationError('a job id is needed')
  return `/v1/jobs/${encodeURIComponent(id)}`
}

/** Poll a job until it is finished, each poll held back by the service until there is news. @throws as `Transport.send` */
export const pollJob = async (
  transport: Transport,
  id: string,
  scope: Scope,
  maxRetries?: number,
): Promise<FinishedJob> => {
  scope.jobId = id
  const to = pathOf(id)
  for (let round = 0; ; round += 1) {
    const answer = await transport.send(
      { method: 'GET', to, prefer: (current) => preferWaiting(current) },
      scope,
      maxRetries,
    )
    const job = jobIn(answer, scope)
    if (isFinished(job)) return job
    const askedMs = retryAfterMs(answer.headers.get('retry-after'), scope.timers.now())
    await scope.pause(askedMs ?? Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 1.5 ** round))
  }
}

/** Jobs by id: look, wait, cancel, erase. */
export class Jobs {
  readonly #transport: Transport
  readonly #run: RunCall
  constructor(transport: Transport, run: RunCall) {
    this.#transport = transport
    this.#run = run
  }

  /** The job as it is now. @throws NotFoundError */
  get(id: string, options?: CallOptions): Promise<Job> {
    return this.#job('GET', id, '', options)
  }

  /**
   * Wait until a job is finished, however it ended; `resultOf(job)` turns it into its result or an error.
   * @param job its id, or the job as it was submitted, which keeps the type of its result
   * @throws TimeoutError when the time is over first: the job goes on
   */
  wait<T extends TaskName>(job: Job<T> | string, options?: CallOptions): Promise<FinishedJob<T>> {
    const id = typeof job === 'string' ? job : job.id
    return this.#run(options, async (scope) => {
      const finished: FinishedJob = await pollJob(this.#transport, id, scope, options?.maxRetries)
      return finished as FinishedJob<T>
    })
  }

  /**
   * Stop a job that is queued or running. May be repeated.
   * @returns the job as it is after that: `canceled`, or `canceling` while a worker still has it, which `wait` waits for
   * @throws ConflictError when it was over before
   */
  cancel(id: string, options?: CallOptions): Promise<Job> {
    return this.#job('POST', id, '/cancel', options)
  }

  /** Erase a job's pictures and its result, for good. */
  erase(id: string, options?: CallOptions): Promise<void> {
    return this.#run(options, async (scope) => {
      scope.jobId = id
      await this.#transport.send({ method: 'DELETE', to: pathOf(id) }, scope, options?.maxRetries)
    })
  }

  #job(method: 'GET' | 'POST', id: string, action: string, options: CallOptions | undefined): Promise<Job> {
    return this.#run(options, async (scope) => {
      scope.jobId = id
      const to = pathOf(id) + action
      return jobIn(await this.#transport.send({ method, to }, scope, options?.maxRetries), scope)
    })
  }
}
