import { AppError } from '../../infra/domain/errors.ts'
import type { TaskName } from '../../infra/domain/task.ts'

/** An error as it crosses the border of a thread, which keeps neither classes nor own fields. */
export interface ThrownInThread {
  readonly name: string
  readonly message: string
  readonly stack: string
  /** only of errors Muster throws on purpose */
  readonly app?: { readonly code: string; readonly retryable: boolean }
  readonly cause?: ThrownInThread
}

/** An error, with its causes, in a form that any thread can send. */
export const toThrown = (error: unknown): ThrownInThread => {
  if (!(error instanceof Error)) return { name: typeof error, message: String(error), stack: '' }
  const { name, message, stack = '', cause } = error
  const thrown = { name, message, stack, ...(cause === undefined ? {} : { cause: toThrown(cause) }) }
  return error instanceof AppError ? { ...thrown, app: { code: error.code, retryable: error.retryable } } : thrown
}

const toCause = ({ name, message, stack, cause }: ThrownInThread): Error =>
  Object.assign(new Error(message, cause && { cause: toCause(cause) }), { name, stack })

/** An error that was thrown in an inference thread: by its own words when it was ours, else as the cause. */
export class InferenceThreadError extends AppError {
  readonly code: string
  readonly retryable: boolean
  constructor(thrown: ThrownInThread) {
    const { name, message, app } = thrown
    super(app ? message : `${name} in an inference thread`, { cause: toCause(thrown) })
    this.code = app?.code ?? 'INFERENCE_THREAD'
    this.retryable = app?.retryable ?? true
  }
}

/** An inference thread ended without being asked to, and without a word. */
export class InferenceThreadExitedError extends AppError {
  readonly code = 'INFERENCE_THREAD_EXITED'
  readonly retryable = true
  constructor(exitCode: number) {
    super(`an inference thread exited with code ${exitCode}`)
  }
}

/** A call into the model did not come back in time. It cannot be interrupted, so the process has to end. */
export class InferenceHungError extends AppError {
  readonly code = 'INFERENCE_HUNG'
  readonly retryable = true
  readonly timeoutMs: number
  constructor(doing: TaskName | 'load', timeoutMs: number) {
    super(`inference (${doing}) gave no sign of life for ${timeoutMs} ms`)
    this.timeoutMs = timeoutMs
  }
}

/** Inference threads die faster than it makes sense to replace them. With the last death as the cause. */
export class InferenceThreadsDyingError extends AppError {
  readonly code = 'INFERENCE_THREADS_DYING'
  readonly retryable = true
  constructor(deathCount: number, windowMs: number, cause: unknown) {
    const within = Number.isFinite(windowMs) ? ` within ${windowMs} ms` : ''
    super(`${deathCount} inference threads died${within}`, { cause })
  }
}

/** An inference that was tried while nothing waited did not work: jobs would fail as it did. With the failure as the cause. */
export class ProbeFailedError extends AppError {
  readonly code = 'PROBE_FAILED'
  readonly retryable = true
  constructor(cause: unknown) {
    super('a real inference was tried while nothing waited, and failed', { cause })
  }
}

/** The executor was closed while the call was waiting, or before it. */
export class ExecutorClosedError extends AppError {
  readonly code = 'EXECUTOR_CLOSED'
  readonly retryable = true
  constructor() {
    super('the executor is closed')
  }
}
