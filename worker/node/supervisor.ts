import { AppError } from '../../infra/domain/errors.ts'
import type { ToldState } from '../../infra/domain/fleet-node.ts'
import type { Clock } from '../../infra/ports/clock.ts'
import type { Logger } from '../../infra/ports/logger.ts'
import type { Metrics } from '../../infra/ports/metrics.ts'
import type { QuarantinePolicy } from './device-judge.ts'
import { countedMs } from './health.ts'
import { MetricsLedger } from './metrics-ledger.ts'
import { stateOf } from './node-state.ts'
import type { PoolReport } from './pool-report.ts'
import type { WorkerMetrics } from './protocol.ts'
import { Quarantine, type Quarantined } from './quarantine.ts'
import { reconcile } from './reconcile.ts'
import type { WorkerCounts } from './worker-counts.ts'
import { type SlotDeps, type WorkerPolicy, type WorkerReport, WorkerSlot } from './worker-slot.ts'

/** How often workers are looked after. */
const CHECK_MS = 500
/** A worker that does not give its metrics within this is reported as it was last seen: a scrape must not wait for it. */
const METRICS_MS = 1_000

/** What became of a wish for another count. */
export type CountChange =
  | { readonly kind: 'set'; readonly pool: PoolReport }
  | { readonly kind: 'unknown-pool' }
  /** together with the other pools it would be more than the node may run; `most` is what this pool may have now */
  | { readonly kind: 'too-many'; readonly most: number }
  | { readonly kind: 'stopping' }

/** A worker had to be killed while the node stopped: jobs in its hand are run again elsewhere. */
export class WorkersKilledError extends AppError {
  readonly code = 'WORKERS_KILLED'
  readonly retryable = false
  constructor(count: number) {
    super(`${count} workers did not drain in time and were killed`)
  }
}

/** What a supervisor needs besides its policy. */
export interface SupervisorDeps {
  readonly log: Logger
  readonly metrics: Pick<Metrics, 'count'>
  readonly clock: Clock
  readonly random: () => number
  /** told when a device is quarantined or released */
  readonly onQuarantine?: ConstructorParameters<typeof Quarantine>[1]['onChange']
}

/** Keeps as many workers of each pool running on this machine as are desired. */
export class Supervisor {
  readonly #policy: WorkerPolicy
  readonly #maxCount: number
  readonly #deps: SlotDeps
  readonly #clock: Clock
  readonly #desired: Map<string, number>
  readonly #slots = new Set<WorkerSlot>()
  readonly #ledger = new MetricsLedger<WorkerSlot>()
  readonly #quarantine: Quarantine
  /** by pool, as its first ready worker said */
  readonly #devices = new Map<string, readonly string[]>()
  readonly #empty = Promise.withResolvers<void>()
  #checks: NodeJS.Timeout | undefined
  #checkedAt = 0
  #orderCount = 0
  #killedCount = 0
  #stopping = false
  #draining = false

  /** @param maxCount most processes on this node, leaving ones included */
  constructor(
    desired: WorkerCounts,
    maxCount: number,
    policy: WorkerPolicy & { readonly quarantine: QuarantinePolicy },
    deps: SupervisorDeps,
  ) {
    this.#desired = new Map(desired)
    this.#maxCount = maxCount
    this.#policy = policy
    this.#clock = deps.clock
    this.#quarantine = new Quarantine(policy.quarantine, {
      ...deps,
      onChange: (change) => {
        deps.onQuarantine?.(change)
        this.#reconcile()
      },
    })
    this.#deps = {
      log: deps.log,
      metrics: deps.metrics,
      random: deps.random,
      now: () => deps.clock.now(),
      onMetrics: (slot, metrics) => this.#ledger.seen(slot, metrics),
      devicesOf: (pool) => this.#devices.get(pool),
      onReady: ({ pool }, devices) => void (devices && !this.#devices.has(pool) && this.#devices.set(pool, devices)),
      onDeviceFault: ({ pool, index }, fault) => this.#quarantine.note(fault, { pool, index }),
      onProcessEnd: (slot) => this.#ledger.ended(slot),
      onVacant: (slot) => this.#onVacant(slot),
    }
  }

  /** Start the desired workers and look after them until `stop`. */
  start(): void {
    this.#checkedAt = this.#clock.monotonic()
    this.#checks = setInterval(() => this.#check(), CHECK_MS)
    this.#reconcile()
  }

  /** It is as people want it: every desired worker takes jobs, or it is drained. */
  get ready(): boolean {
    return this.state === 'ready' || this.state === 'drained'
  }

  pools(): ReadonlyMap<string, PoolReport> {
    return new Map([...this.#desired].map(([pool, desired]) => [pool, this.#report(pool, desired)]))
  }

  /** devices that get no jobs until they are released */
  quarantined(): readonly Quarantined[] {
    return this.#quarantine.list()
  }

  /** for metrics: 1 for a device that is quarantined, 0 for another that had a fault */
  quarantineGauge(): ReadonlyMap<string, number> {
    return this.#quarantine.gauge()
  }

  /** Trust a device again, and start its workers. @returns false when it was not quarantined */
  release(device: string): boolean {
    return this.#quarantine.release(device)
  }

  workers(): readonly WorkerReport[] {
    return [...this.#slots].map((slot) => slot.report())
  }

  /** Let no worker run until told otherwise: they finish what they have and end, and the desired counts stay as they are. */
  drain(draining: boolean): void {
    if (draining === this.#draining) return
    this.#draining = draining
    this.#reconcile()
  }

  get state(): ToldState {
    return stateOf({
      workers: this.workers(),
      pools: [...this.pools().values()],
      stopping: this.#stopping,
      draining: this.#draining,
      quarantined: this.#quarantine.active,
    })
  }

  /** Ask for another count of a pool. Workers too many drain, the youngest first; missing ones start. */
  setCount(pool: string, count: number): CountChange {
    const current = this.#desired.get(pool)
    if (current === undefined) return { kind: 'unknown-pool' }
    if (this.#stopping) return { kind: 'stopping' }
    const others = [...this.#desired.values()].reduce((sum, desired) => sum + desired, -current)
    if (others + count > this.#maxCount) return { kind: 'too-many', most: this.#maxCount - others }
    this.#desired.set(pool, count)
    if (count !== current) this.#deps.log.info({ pool, from: current, to: count }, 'the count changes')
    this.#reconcile()
    return { kind: 'set', pool: this.#report(pool, count) }
  }

  /** Metrics of all workers, those of ended ones included, so that no counter ever falls. */
  async collectMetrics(): Promise<readonly WorkerMetrics[]> {
    await Promise.all([...this.#slots].map((slot) => slot.askMetrics(METRICS_MS)))
    return this.#ledger.all()
  }

  /**
   * Drain every worker, all at the same time: they share the grace. Resolves when no process is left.
   * @throws WorkersKilledError when one had to be killed
   */
  async stop(): Promise<void> {
    this.#stopping = true
    for (const slot of [...this.#slots]) slot.leave(this.#policy.graceMs)
    if (this.#slots.size > 0) await this.#empty.promise
    clearInterval(this.#checks)
    if (this.#killedCount > 0) throw new WorkersKilledError(this.#killedCount)
  }

  #report(pool: string, desired: number): PoolReport {
    const slots = [...this.#slots].filter((slot) => slot.pool === pool)
    const staying = slots.filter(({ phase }) => phase === 'starting' || phase === 'ready')
    return {
      desired,
      running: staying.length,
      ready: staying.filter(({ phase, status }) => phase === 'ready' && status?.consuming).length,
      leaving: slots.filter(({ phase }) => phase === 'leaving').length,
    }
  }

  #reconcile(): void {
    // Before the start counts may be changed already; no worker runs yet.
    if (this.#stopping || this.#checks === undefined) return
    // All workers of a node share its device: while it is not to be trusted, none runs.
    const desired =
      this.#quarantine.active || this.#draining
        ? new Map([...this.#desired.keys()].map((pool) => [pool, 0]))
        : this.#desired
    const { start, leave } = reconcile(desired, [...this.#slots], this.#maxCount)
    for (const slot of leave) slot.leave(this.#policy.graceMs)
    for (const place of start) {
      this.#orderCount += 1
      this.#slots.add(new WorkerSlot({ ...place, order: this.#orderCount }, this.#policy, this.#deps))
    }
  }

  #onVacant(slot: WorkerSlot): void {
    this.#slots.delete(slot)
    if (this.#stopping && slot.forced) this.#killedCount += 1
    if (this.#slots.size === 0 && this.#stopping) this.#empty.resolve()
    this.#reconcile()
  }

  #check(): void {
    const now = this.#clock.monotonic()
    const ms = countedMs(now - this.#checkedAt, CHECK_MS)
    this.#checkedAt = now
    for (const slot of this.#slots) slot.check(ms)
  }
}
