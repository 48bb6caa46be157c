import type { Logger } from '../../infra/ports/logger.ts'
import type { Metrics } from '../../infra/ports/metrics.ts'
import type { FaultOn } from '../runtimes/device-fault.ts'
import { type BackOffPolicy, backOffMs } from './back-off.ts'
import { ailmentOf, type HealthLimits } from './health.ts'
import type { WorkerMetrics, WorkerStatus } from './protocol.ts'
import type { Phase, Place } from './reconcile.ts'
import { type ProcessEnd, WorkerProcess } from './worker-process.ts'

/** How workers are started, watched and ended. */
export interface WorkerPolicy {
  readonly program: string
  /** of every worker, beside what is its own */
  readonly env: Readonly<Record<string, string | undefined>>
  /** the worker with index 0 listens here, the next one on the next; 0 = each on any free port */
  readonly adminPort: number
  readonly health: HealthLimits
  readonly backOff: BackOffPolicy
  /** ready for so long = healthy: the next end is the first of a row again */
  readonly resetMs: number
  /** from SIGTERM to SIGKILL for a worker that is drained */
  readonly graceMs: number
  /** the same for one that does not start or does not answer */
  readonly killMs: number
}

/** What a slot needs, and whom it tells. */
export interface SlotDeps {
  readonly log: Logger
  readonly metrics: Pick<Metrics, 'count'>
  readonly random: () => number
  /** epoch ms */
  readonly now: () => number
  readonly onMetrics: (slot: WorkerSlot, metrics: WorkerMetrics) => void
  /** what a worker of the pool ran on before: a later one must not move to a slower device unnoticed */
  readonly devicesOf: (pool: string) => readonly string[] | undefined
  readonly onReady: (slot: WorkerSlot, devices: readonly string[] | undefined) => void
  readonly onDeviceFault: (slot: WorkerSlot, fault: FaultOn) => void
  /** one of its processes is gone, so are the metrics in it */
  readonly onProcessEnd: (slot: WorkerSlot) => void
  /** it has left, and its last process is gone */
  readonly onVacant: (slot: WorkerSlot) => void
}

/** One worker as people see it. */
export interface WorkerReport {
  readonly pool: string
  readonly index: number
  readonly phase: Phase
  /** epoch ms: when that phase began */
  readonly since: number
  readonly pid: number | null
  readonly consuming: boolean
  readonly busy: number
  readonly restarts: number
  /** what its models run on; empty = it has not said */
  readonly devices: readonly string[]
  /** `name@version,...`; null = it has not said */
  readonly models: string | null
}

/** One place for a worker: keeps a process running in it until it is told to leave. */
export class WorkerSlot implements Place {
  readonly pool: string
  readonly index: number
  readonly order: number
  readonly #policy: WorkerPolicy
  readonly #deps: SlotDeps
  #process: WorkerProcess | undefined
  #leaving = false
  #forced = false
  #endCount = 0
  #restartCount = 0
  #ailment: string | undefined
  #retry: NodeJS.Timeout | undefined
  #since = 0
  #devices: readonly string[] = []
  #models: string | null = null

  constructor(place: Pick<Place, 'pool' | 'index' | 'order'>, policy: WorkerPolicy, deps: SlotDeps) {
    this.pool = place.pool
    this.index = place.index
    this.order = place.order
    this.#policy = policy
    this.#deps = deps
    this.#start()
  }

  get phase(): Phase {
    if (this.#leaving) return 'leaving'
    if (!this.#process) return 'waiting'
    return this.#process.ready && !this.#ailment ? 'ready' : 'starting'
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  /** undefined while no process runs */
  get status(): WorkerStatus | undefined {
    return this.#process?.status
  }

  get restartCount(): number {
    return this.#restartCount
  }

  report(): WorkerReport {
    const { pool, index, phase, pid = null, status, restartCount: restarts } = this
    const { consuming = false, busy = 0 } = status ?? {}
    const [since, devices, models] = [this.#since, this.#devices, this.#models]
    return { ...{ pool, index, phase, since, pid, consuming, busy, restarts, devices, models } }
  }

  /** True when a process of it had to be killed while it left. */
  get forced(): boolean {
    return this.#forced
  }

  /** End its process by a drain and start no other. Told again, the sooner end counts. */
  leave(graceMs: number): void {
    if (!this.#leaving) this.#since = this.#deps.now()
    this.#leaving = true
    clearTimeout(this.#retry)
    if (this.#process) this.#process.stop(graceMs)
    else queueMicrotask(() => this.#deps.onVacant(this))
  }

  /** Look after the worker. @param ms how much of the time since the last check counts */
  check(ms: number): void {
    if (!this.#process) return
    this.#process.age(ms)
    const ailment = ailmentOf(this.#process.vitals, this.#policy.health)
    if (!ailment || this.#ailment || this.#leaving) return
    this.#ailment = ailment
    this.#since = this.#deps.now()
    this.#deps.log.error({ ...this.#facts(), reason: ailment }, 'a worker is replaced')
    this.#process.stop(this.#policy.killMs)
  }

  async askMetrics(timeoutMs: number): Promise<void> {
    await this.#process?.askMetrics(timeoutMs)
  }

  #start(): void {
    this.#ailment = undefined
    this.#since = this.#deps.now()
    this.#devices = []
    this.#models = null
    const { program, env, adminPort } = this.#policy
    const devices = this.#deps.devicesOf(this.pool)
    this.#process = new WorkerProcess({
      program,
      env: {
        ...env,
        WORKER_POOL: this.pool,
        WORKER_INDEX: String(this.index),
        WORKER_ADMIN_PORT: String(adminPort === 0 ? 0 : adminPort + this.index),
        ...(devices && { WORKER_DEVICES: devices.join(',') }),
      },
      onReady: (ranOn, models) => {
        this.#since = this.#deps.now()
        this.#devices = ranOn ?? []
        this.#models = models ?? null
        this.#deps.log.info(this.#facts(), 'a worker is ready')
        this.#deps.onReady(this, ranOn)
      },
      onDeviceFault: (fault) => this.#deps.onDeviceFault(this, fault),
      onMetrics: (metrics) => this.#deps.onMetrics(this, metrics),
    })
    this.#deps.log.info(this.#facts(), 'a worker starts')
    void this.#process.ended.then((end) => this.#onEnd(end))
  }

  #onEnd(end: ProcessEnd): void {
    const facts = { ...this.#facts(), code: end.code, signal: end.signal }
    this.#process = undefined
    this.#deps.onProcessEnd(this)
    if (this.#leaving) {
      this.#forced ||= end.forced
      this.#deps.log.info({ ...facts, forced: end.forced }, 'a worker has left')
      this.#deps.onVacant(this)
      return
    }
    this.#since = this.#deps.now()
    this.#endCount = end.readyMs >= this.#policy.resetMs ? 1 : this.#endCount + 1
    const restartInMs = backOffMs(this.#endCount, this.#policy.backOff, this.#deps.random())
    const reason = this.#ailment ?? (end.signal ? 'signal' : 'exit')
    this.#deps.log.error({ ...facts, reason, restartInMs }, 'a worker ended')
    this.#retry = setTimeout(() => {
      this.#restartCount += 1
      this.#deps.metrics.count('worker_restarts', { reason })
      this.#start()
    }, restartInMs)
  }

  #facts(): Readonly<Record<string, unknown>> {
    return { pool: this.pool, index: this.index, workerPid: this.pid }
  }
}
