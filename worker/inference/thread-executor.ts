import { AppError, UnavailableError } from '../../infra/domain/errors.ts'
import type { TaskName } from '../../infra/domain/task.ts'
import type { Logger } from '../../infra/ports/logger.ts'
import { systemClock } from '../../infra/runtime/clock.ts'
import type { Executor, TaskAnswer, TaskItem } from '../executor.ts'
import { type DeviceFault, deviceFaultOf, type FaultOn, startFaultOf } from '../runtimes/device-fault.ts'
import type { Device } from '../runtimes/runtime.ts'
import { createDeathBudget, type DeathBudget } from './death-budget.ts'
import { type Decides, decidesWith } from './decides.ts'
import { ExecutorClosedError, InferenceThreadsDyingError, ProbeFailedError } from './errors.ts'
import { IdleThreads } from './idle-threads.ts'
import { InferenceThread, type ThreadEnd, type ThreadOptions } from './inference-thread.ts'
import type { ThreadData } from './protocol.ts'
import type { ModelSettings } from './task-module.ts'

/** What an executor runs, where, and within which limits. */
export interface ThreadExecutorOptions extends ModelSettings {
  readonly tasks: readonly TaskName[]
  /** inference threads; each loads every model of the tasks */
  readonly threadCount: number
  /** longest single call into a model; a batch makes one, and one more an item when the whole batch failed */
  readonly jobTimeoutMs: number
  /** longest loading and warming up of one thread */
  readonly startTimeoutMs?: number
  readonly log: Logger
  /**
   * Inference cannot go on in this process: a call hangs, or threads die faster than it makes sense to replace them.
   * Called once; from then on every `run` rejects. The process must end, with a code that is not 0.
   */
  readonly onHang: (error: Error) => void
  /** told when the device failed, not a picture or a model */
  readonly onDeviceFault?: (fault: FaultOn) => void
  /** a thread with nothing to do for so long runs a real inference; 0 or undefined = never */
  readonly probeMs?: number
  /** deaths of threads that are made good, within `windowMs`; five a minute unless told */
  readonly deathLimit?: { readonly count: number; readonly windowMs: number }
  /** URL of the module that loads the tasks; default: the real ones on their ONNX models */
  readonly taskModule?: string
}

/** A GPU model of some gigabytes is read and compiled on a cold node within this. */
const START_TIMEOUT_MS = 300_000
/** More deaths than this within the window are no accident of one picture: the node or the model is at fault. */
const DEATH_LIMIT = { count: 5, windowMs: 60_000 }

const REAL_TASKS = new URL('./load-task.ts', import.meta.url).href

interface Batch {
  readonly task: TaskName
  readonly items: readonly TaskItem[]
  readonly resolve: (answers: readonly TaskAnswer[]) => void
  readonly reject: (error: unknown) => void
}

/**
 * Runs tasks in worker threads, so that the main thread goes on renewing leases while a model computes. Resolves when
 * every thread has loaded its models and run a real inference of each task. A thread that dies fails its batch with
 * UnavailableError and is replaced.
 * @throws InferenceThreadError, by the words of the error that kept the models from loading
 * @throws InferenceHungError when loading takes over `startTimeoutMs`
 */
export const createThreadExecutor = async (options: ThreadExecutorOptions): Promise<Executor> => {
  const threads = new InferenceThreads(options)
  const { models, thresholds, devices } = await threads.start(options.threadCount)
  return {
    models,
    thresholds,
    devices,
    run: (task, items) => {
      if (task in models) return threads.run(task, items)
      return Promise.reject(new TypeError(`this executor does not run ${task}`))
    },
    close: () => threads.close(),
  }
}

class InferenceThreads {
  #data: ThreadData
  readonly #options: ThreadOptions
  readonly #onHang: (error: Error) => void
  readonly #onDeviceFault: (fault: FaultOn) => void
  readonly #deathLimit: NonNullable<ThreadExecutorOptions['deathLimit']>
  readonly #budget: DeathBudget
  readonly #all = new Set<InferenceThread>()
  readonly #idle: IdleThreads<InferenceThread>
  readonly #waiting: Batch[] = []
  /** why nothing runs any more */
  #over: Error | undefined

  constructor(options: ThreadExecutorOptions) {
    // Only plain data can cross into a thread, so what crosses is named.
    const {
      tasks,
      taskModule = REAL_TASKS,
      threadCount: _,
      jobTimeoutMs,
      startTimeoutMs,
      log,
      onHang,
      onDeviceFault = () => {},
      probeMs = 0,
      deathLimit = DEATH_LIMIT,
      ...settings
    } = options
    this.#data = { tasks, settings, taskModule }
    const onShort = () => this.#blame({ kind: 'memory', reason: 'out-of-memory' })
    this.#options = { jobTimeoutMs, startTimeoutMs: startTimeoutMs ?? START_TIMEOUT_MS, log, onShort }
    this.#onHang = onHang
    this.#deathLimit = deathLimit
    this.#budget = createDeathBudget(deathLimit.count, deathLimit.windowMs)
    this.#onDeviceFault = onDeviceFault
    this.#idle = new IdleThreads(probeMs, (thread) => void this.#probe(thread))
  }

  async start(threadCount: number): Promise<Decides & { devices: readonly Device[] }> {
    process.on('exit', this.#onProcessExit)
    try {
      const threads = Array.from({ length: threadCount }, () => this.#create())
      const [loaded = []] = await Promise.all(threads.map((thread) => thread.load()))
      // A thread that takes another's place must not move to a slower device unnoticed: it fails, and so do its heirs.
      const devices = [...new Set(loaded.map(({ device }) => device))]
      this.#data = { ...this.#data, settings: { ...this.#data.settings, devices } }
      for (const thread of threads) {
        this.#watch(thread)
        this.#adopt(thread)
      }
      return { ...decidesWith(loaded), devices }
    } catch (error) {
      this.#blame(startFaultOf(error, this.#data.settings.devices))
      await this.close()
      throw error
    }
  }

  run(task: TaskName, items: readonly TaskItem[]): Promise<readonly TaskAnswer[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ task, items, resolve, reject })
      this.#dispatch()
    })
  }

  async close(): Promise<void> {
    this.#stop(new ExecutorClosedError())
    await Promise.all([...this.#all].map((thread) => thread.close()))
    if (![...this.#all].some((thread) => thread.busy)) process.off('exit', this.#onProcessExit)
  }

  #create(): InferenceThread {
    const thread = new InferenceThread(this.#data, this.#options)
    this.#all.add(thread)
    return thread
  }

  #replace(): void {
    const thread = this.#create()
    this.#watch(thread)
    thread.load().then(
      () => this.#adopt(thread),
      () => 'its end says why',
    )
  }

  #adopt(thread: InferenceThread): void {
    this.#idle.rest(thread)
    this.#dispatch()
  }

  /** One task after the other; a batch that comes meanwhile waits for no more than one of them. */
  async #probe(thread: InferenceThread): Promise<void> {
    try {
      for (const task of this.#data.tasks) if (this.#waiting.length === 0 && !this.#over) await thread.probe(task)
    } catch {
      return // its end says why
    }
    this.#adopt(thread)
  }

  #watch(thread: InferenceThread): void {
    void thread.ended.then((end) => this.#onEnd(thread, end))
  }

  #dispatch(): void {
    if (this.#over) {
      for (const { reject } of this.#waiting.splice(0)) reject(new UnavailableError('inference', this.#over))
      return
    }
    while (this.#waiting.length > 0) {
      const thread = this.#idle.take()
      const batch = thread && this.#waiting.shift()
      if (!thread || !batch) return
      void this.#runOn(thread, batch)
    }
  }

  async #runOn(thread: InferenceThread, { task, items, resolve, reject }: Batch): Promise<void> {
    try {
      resolve(await thread.run(task, items))
    } catch (error) {
      reject(error instanceof AppError ? new UnavailableError('inference', error) : error)
    }
    if (thread.usable) this.#idle.rest(thread)
    this.#dispatch()
  }

  #onEnd(thread: InferenceThread, end: ThreadEnd): void {
    if (end.kind === 'closed' || this.#over) return
    if (end.kind === 'hung') {
      this.#fail(thread.probing ? new ProbeFailedError(end.error) : end.error)
      return
    }
    this.#all.delete(thread)
    this.#idle.remove(thread)
    this.#options.log.error({ error: end.error }, 'an inference thread died')
    const fault = deviceFaultOf(end.error)
    this.#blame(fault)
    // A context that failed fails for every thread of this process; only another process gets a new one.
    if (fault?.kind === 'broken') this.#fail(end.error)
    else if (thread.probing) this.#fail(new ProbeFailedError(end.error))
    else if (this.#budget.spend(systemClock.monotonic())) this.#replace()
    else this.#fail(new InferenceThreadsDyingError(this.#deathLimit.count + 1, this.#deathLimit.windowMs, end.error))
  }

  #fail(error: Error): void {
    this.#stop(error)
    this.#onHang(error)
  }

  #blame(fault: DeviceFault | undefined): void {
    const [device = 'cpu'] = this.#data.settings.devices
    if (fault) this.#onDeviceFault({ device, ...fault })
  }

  #stop(why: Error): void {
    this.#over ??= why
    this.#idle.stop()
    this.#dispatch()
  }

  /**
   * `process.exit` waits for every thread, also for one in a native call that never comes back. A process that gives up
   * must not wait for it; one that ends cleanly has nothing in hand, and waits at most for models that still load.
   */
  readonly #onProcessExit = (code: number): void => {
    if (code !== 0 && [...this.#all].some((thread) => thread.busy)) process.kill(process.pid, 'SIGKILL')
  }
}
