import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { FaultOn } from '../runtimes/device-fault.ts'
import type { Vitals } from './health.ts'
import type { ToNode, ToWorker, WorkerMetrics, WorkerStatus } from './protocol.ts'

/** What a worker process is started with, and who hears of it. */
export interface WorkerProcessOptions {
  readonly program: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly onReady: (devices: readonly string[] | undefined, models: string | undefined) => void
  readonly onDeviceFault: (fault: FaultOn) => void
  readonly onMetrics: (metrics: WorkerMetrics) => void
}

/** How a worker process ended. */
export interface ProcessEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** it did not end by itself in the time it was given */
  readonly forced: boolean
  /** how long it was ready */
  readonly readyMs: number
}

/** How long to listen to a process that has exited. */
const LAST_WORDS_MS = 1_000

const IDLE: WorkerStatus = { consuming: false, busy: 0 }

/** One worker process, from its start to its end. */
export class WorkerProcess {
  readonly ended: Promise<ProcessEnd>
  readonly #child: ChildProcess
  readonly #asked = new Map<number, () => void>()
  readonly #options: WorkerProcessOptions
  #heard = false
  #askCount = 0
  #ageMs = 0
  #silentMs = 0
  #readyAtMs: number | undefined
  #status = IDLE
  #killAt = Number.POSITIVE_INFINITY
  #forced = false
  #killer: NodeJS.Timeout | undefined

  constructor(options: WorkerProcessOptions) {
    this.#options = options
    this.#child = fork(options.program, [], {
      env: { ...options.env },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#child.on('message', (message) => this.#onMessage(message as ToNode))
    const { promise, resolve } = Promise.withResolvers<ProcessEnd>()
    this.ended = promise
    this.#child.on('exit', async (code, signal) => {
      clearTimeout(this.#killer)
      await this.#lastWords()
      resolve(this.#end(code, signal))
    })
    this.#child.on('error', () => {
      // Sending to a process that just ended fails too, and then `exit` follows; without a pid there never was one.
      if (this.#child.pid === undefined) resolve(this.#end(null, null))
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  get ready(): boolean {
    return this.#readyAtMs !== undefined
  }

  get status(): WorkerStatus {
    return this.#status
  }

  get vitals(): Vitals {
    return { ready: this.ready, ageMs: this.#ageMs, silentMs: this.#silentMs }
  }

  /** Let the worker's time go on. @param ms the share of the last interval that counts against it */
  age(ms: number): void {
    this.#ageMs += ms
    this.#silentMs += ms
  }

  /**
   * Tell it to drain, and kill it if it is still there after `graceMs`. Told again, the sooner end counts, and it is
   * not told twice: that would mean to exit at once.
   */
  stop(graceMs: number): void {
    const killAt = performance.now() + graceMs
    if (killAt >= this.#killAt) return
    if (this.#killer === undefined) this.#tellToDrain()
    clearTimeout(this.#killer)
    this.#killAt = killAt
    this.#killer = setTimeout(() => {
      this.#forced = true
      this.#child.kill('SIGKILL')
    }, graceMs)
  }

  /** Ask for its metrics, which `onMetrics` hears; resolves when they came, the time is over, or it ended. */
  async askMetrics(timeoutMs: number): Promise<void> {
    // A process that still loads its code does not answer: a scrape need not wait for it.
    if (!this.#heard || !this.#child.connected) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#askCount += 1
    const id = this.#askCount
    this.#asked.set(id, resolve)
    const timer = setTimeout(resolve, timeoutMs)
    this.#child.send({ type: 'metrics?', id } satisfies ToWorker, () => {})
    await promise
    clearTimeout(timer)
    this.#asked.delete(id)
  }

  #tellToDrain(): void {
    if (!this.#heard) this.#child.kill('SIGTERM')
    // One that has closed the channel is on its way out already: another signal would mean to exit at once.
    else if (this.#child.connected) this.#child.send({ type: 'drain' } satisfies ToWorker, () => {})
  }

  /** What a process sent before it exited may arrive after it did. */
  async #lastWords(): Promise<void> {
    if (!this.#child.connected) return
    const timeout = AbortSignal.timeout(LAST_WORDS_MS)
    await once(this.#child, 'disconnect', { signal: timeout }).catch(() => {})
  }

  #end(code: number | null, signal: NodeJS.Signals | null): ProcessEnd {
    for (const answer of [...this.#asked.values()]) answer()
    const readyMs = this.#readyAtMs === undefined ? 0 : this.#ageMs - this.#readyAtMs
    return { code, signal, forced: this.#forced, readyMs }
  }

  #onMessage(message: ToNode): void {
    this.#heard = true
    if (message.type === 'heartbeat') {
      this.#silentMs = 0
      this.#status = { consuming: message.consuming, busy: message.busy }
    } else if (message.type === 'ready' && !this.ready) {
      this.#readyAtMs = this.#ageMs
      this.#options.onReady(message.devices, message.models)
    } else if (message.type === 'device-fault') {
      this.#options.onDeviceFault(message.fault)
    } else if (message.type === 'metrics') {
      this.#options.onMetrics(message.metrics)
      this.#asked.get(message.id)?.()
    }
  }
}
