import { setTimeout as delay } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { TaskName } from '../../infra/domain/task.ts'
import type { Logger } from '../../infra/ports/logger.ts'
import type { TaskAnswer, TaskItem } from '../executor.ts'
import { forbidTelemetry } from '../runtimes/no-telemetry.ts'
import {
  ExecutorClosedError,
  InferenceHungError,
  InferenceThreadError,
  InferenceThreadExitedError,
  toThrown,
} from './errors.ts'
import type { FromThread, TaskFacts, ThreadData, ToThread } from './protocol.ts'
import { toTransferable } from './transfer.ts'
import { createWatchdog, type Watchdog } from './watchdog.ts'

/** How long a thread may take to free its models before it is terminated, and then to be gone. */
const CLOSE_MS = 2_000

/** Limits and ears of one thread. */
export interface ThreadOptions {
  /** longest time without a sign of life while it loads and warms up */
  readonly startTimeoutMs: number
  /** longest single call into a model */
  readonly jobTimeoutMs: number
  readonly log: Logger
  /** a batch did not fit into the device's memory */
  readonly onShort: () => void
}

/**
 * - `closed`: it was asked to
 * - `died`: its models broke or it exited by itself; another thread can take its place
 * - `hung`: a call does not come back. It cannot be interrupted either: the process has to end
 */
export type ThreadEnd =
  | { readonly kind: 'closed' }
  | { readonly kind: 'died'; readonly error: InferenceThreadError | InferenceThreadExitedError }
  | { readonly kind: 'hung'; readonly error: InferenceHungError }

interface Doing {
  readonly watchdog: Watchdog
  readonly settle: (message: FromThread) => void
  readonly reject: (error: unknown) => void
}

/** One thread with the models loaded in it, seen from the main thread. Runs one batch at a time. */
export class InferenceThread {
  /** resolves when it will answer nothing any more */
  readonly ended: Promise<ThreadEnd>
  readonly #worker: Worker
  readonly #options: ThreadOptions
  readonly #end: (end: ThreadEnd) => void
  readonly #exited: Promise<void>
  #usable = true
  #gone = false
  #closing = false
  #probing = false
  #doing: Doing | undefined
  #broke: InferenceThreadError | undefined

  constructor(data: ThreadData, options: ThreadOptions) {
    this.#options = options
    const ended = Promise.withResolvers<ThreadEnd>()
    this.ended = ended.promise
    this.#end = (end) => {
      this.#usable = false
      ended.resolve(end)
    }
    forbidTelemetry()
    this.#worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: data, name: 'inference' })
    this.#worker.on('message', (message: FromThread) => this.#onMessage(message))
    this.#worker.on('error', (error) => {
      this.#broke ??= new InferenceThreadError(toThrown(error))
    })
    this.#exited = new Promise((resolve) => {
      this.#worker.on('exit', (code) => {
        this.#onExit(code)
        resolve()
      })
    })
  }

  /** True while native code may be running in it, which nothing can interrupt. */
  get busy(): boolean {
    return !this.#gone && this.#doing !== undefined
  }

  /** False once it has ended: give it no more batches. */
  get usable(): boolean {
    return this.#usable
  }

  /** True while, and when it has ended because, it ran an inference that nobody waited for. */
  get probing(): boolean {
    return this.#probing
  }

  /**
   * Resolves once every task has run a real inference.
   * @throws InferenceThreadError | InferenceThreadExitedError | InferenceHungError | ExecutorClosedError
   */
  async load(): Promise<readonly TaskFacts[]> {
    const message = await this.#do('load', this.#options.startTimeoutMs)
    if (message.type !== 'ready') return []
    for (const { task, device, skipped } of message.loaded)
      if (skipped.length === 0) this.#options.log.info({ task, device }, 'a task is loaded')
      else this.#options.log.warn({ task, device, skipped }, 'a task is loaded, but not on the first device')
    return message.loaded
  }

  /** @throws as `load` does; DataCloneError when a picture's pixels were already given away */
  async run(task: TaskName, items: readonly TaskItem[]): Promise<readonly TaskAnswer[]> {
    if (!this.#usable) throw new ExecutorClosedError()
    const { items: moved, buffers } = toTransferable(items)
    this.#worker.postMessage({ type: 'run', task, items: moved } satisfies ToThread, buffers)
    const message = await this.#do(task, this.#options.jobTimeoutMs)
    if (message.type !== 'answers') return []
    if (message.failure)
      this.#options.log.error({ task, error: new InferenceThreadError(message.failure) }, 'a model threw')
    return message.answers
  }

  /** Run a real inference, within the time a job has. @throws as `load` does, and then the thread has ended */
  async probe(task: TaskName): Promise<void> {
    this.#probing = true
    this.#worker.postMessage({ type: 'probe', task } satisfies ToThread)
    await this.#do(task, this.#options.jobTimeoutMs)
    this.#probing = false
  }

  /** Free the models and end the thread. Never waits for a native call that does not come back. */
  async close(): Promise<void> {
    this.#closing = true
    if (!this.#doing) {
      this.#worker.postMessage({ type: 'close' } satisfies ToThread)
      await this.#goneWithin(CLOSE_MS)
    }
    if (this.#gone) return
    void this.#worker.terminate()
    await this.#goneWithin(CLOSE_MS)
  }

  #do(what: TaskName | 'load', timeoutMs: number): Promise<FromThread> {
    const { promise, resolve, reject } = Promise.withResolvers<FromThread>()
    const watchdog = createWatchdog(timeoutMs, () => this.#onSilence(new InferenceHungError(what, timeoutMs)))
    this.#doing = { watchdog, settle: resolve, reject }
    watchdog.feed()
    return promise
  }

  #onMessage(message: FromThread): void {
    if (message.type === 'progress') this.#doing?.watchdog.feed()
    else if (message.type === 'short') this.#onShort(message.mostItems)
    else if (message.type === 'broken') this.#broke = new InferenceThreadError(message.error)
    else this.#done()?.settle(message)
  }

  #onShort(mostItems: number): void {
    this.#options.log.warn(
      { mostItems },
      'a batch does not fit into the memory of the device: smaller ones from now on',
    )
    this.#options.onShort()
  }

  #onSilence(error: InferenceHungError): void {
    this.#end({ kind: 'hung', error })
    this.#doing?.reject(error)
    // Ends a loop in JavaScript; a native call goes on, and `busy` says so.
    void this.#worker.terminate()
  }

  #onExit(code: number): void {
    this.#gone = true
    const error = this.#broke ?? new InferenceThreadExitedError(code)
    this.#end(this.#closing ? { kind: 'closed' } : { kind: 'died', error })
    this.#done()?.reject(this.#closing ? new ExecutorClosedError() : error)
  }

  #done(): Doing | undefined {
    const doing = this.#doing
    this.#doing = undefined
    doing?.watchdog.stop()
    return doing
  }

  async #goneWithin(ms: number): Promise<void> {
    await Promise.race([this.#exited, delay(ms, undefined, { ref: false })])
  }
}
