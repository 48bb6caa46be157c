import { LANE_WEIGHT, UNKNOWN_SLOTS, windowOf } from '../../infra/domain/fair-share.ts'
import { LANES, type Lane } from '../../infra/domain/task.ts'
import type { Capacity } from '../../infra/ports/dispatcher.ts'
import type { Publish } from '../../infra/ports/job-queue.ts'

export const RESERVE_MS = 60_000
const SLOT_MS = 10_000
export const WORKER_MS = 8_000
export const GRACE_MS = 10_000
export const DOUBT_MS = 60_000
const OBSERVE_MS = 1_000
const FRESH_MS = 5_000

/** A job the dispatcher knows. */
export interface Entry {
  readonly tenant: string
  readonly pool: string
  readonly lane: Lane
  readonly weight: number
  state: 'reserved' | 'held' | 'out'
  since: number
  endsAt: number
  /** until when the job counts against its tenant */
  openUntil: number
  slotUntil: number
  doubtAt: number
  publish: Publish | undefined
}

class LaneState {
  virtual = 0
  readonly turns = new Map<string, number>()
  readonly past = new Map<string, number>()
}

class PoolState {
  readonly workers = new Map<string, Capacity & { readonly until: number }>()
  readonly lanes: Record<Lane, LaneState> = { interactive: new LaneState(), bulk: new LaneState() }
  readonly finish: Record<Lane, number> = { interactive: 0, bulk: 0 }
  virtual = 0
  slots = 0
  observed: { rate: number; at: number } | undefined
  counting: { since: number; served: number } | undefined
}

/** What a dispatcher remembers, and the order it serves in. */
export class Memory {
  readonly now: () => number
  readonly jobs = new Map<string, Entry>()
  readonly pools = new Map<string, PoolState>()
  readonly buckets = new Map<string, number>()
  constructor(now: () => number) {
    this.now = now
  }

  pool(name: string): PoolState {
    const pool = this.pools.get(name) ?? new PoolState()
    this.pools.set(name, pool)
    return pool
  }

  entries(wanted: (entry: Entry) => boolean): readonly (readonly [string, Entry])[] {
    return [...this.jobs].filter(([, entry]) => wanted(entry))
  }

  /** in the tenants' lines: a held job stays there until its turn, whatever it is worth then */
  waiting(pool: string, lane: Lane): readonly Entry[] {
    const now = this.now()
    const waits = (one: Entry) => one.pool === pool && one.lane === lane && one.state !== 'out'
    return this.entries((one) => waits(one) && (one.state === 'held' || one.endsAt > now)).map(([, one]) => one)
  }

  waitingCount(pool: string, lane: Lane): number {
    return this.waiting(pool, lane).filter(({ endsAt }) => endsAt > this.now()).length
  }

  out(pool: string, lane: Lane): number {
    const now = this.now()
    return this.entries((one) => one.pool === pool && one.lane === lane && one.state === 'out' && one.slotUntil > now)
      .length
  }

  capacity(name: string) {
    const pool = this.pool(name)
    const now = this.now()
    for (const [id, { until }] of pool.workers) if (until <= now) pool.workers.delete(id)
    const workers = [...pool.workers.values()]
    const sum = (read: (one: Capacity) => number) => workers.reduce((total, one) => total + read(one), 0)
    const slots = sum((one) => one.slots)
    if (slots !== pool.slots) Object.assign(pool, { slots, observed: undefined, counting: undefined })
    if (slots === 0) return { window: UNKNOWN_SLOTS, rate: 0 }
    const announced = sum((one) => one.ratePerSecond)
    const { observed } = pool
    const seen = observed && (now - observed.at < FRESH_MS ? observed.rate : Math.max(announced, observed.rate))
    const rate = seen ?? announced
    return { window: windowOf({ total: slots, bulk: sum((one) => one.bulkSlots) }, rate), rate }
  }

  observe(name: string, served: number): void {
    const pool = this.pool(name)
    if (LANES.every((lane) => pool.lanes[lane].turns.size === 0)) {
      pool.counting = undefined
      return
    }
    const now = this.now()
    pool.counting ??= { since: now, served: -served }
    pool.counting.served += served
    const tookMs = now - pool.counting.since
    if (tookMs < OBSERVE_MS) return
    const rate = (pool.counting.served * 1000) / tookMs
    pool.observed = { rate: pool.observed ? (pool.observed.rate + rate) / 2 : rate, at: now }
    pool.counting = { since: now, served: 0 }
  }

  /** @returns the next held job of a lane that is still worth anything */
  next(poolName: string, lane: Lane): readonly [string, Entry] | undefined {
    const state = this.pool(poolName).lanes[lane]
    for (;;) {
      const [first] = [...state.turns].toSorted(([a, x], [b, y]) => x - y || (a < b ? -1 : 1))
      if (!first) return undefined
      const [tenant, tag] = first
      const mine = this.entries(
        (one) => one.pool === poolName && one.lane === lane && one.tenant === tenant && one.state === 'held',
      ).toSorted(([a, x], [b, y]) => x.since - y.since || (a < b ? -1 : 1))
      const [head] = mine
      if (mine.length <= 1) state.turns.delete(tenant)
      if (!head) continue
      const [id, entry] = head
      if (entry.endsAt <= this.now()) {
        this.jobs.delete(id)
        continue
      }
      const finish = tag + 1 / entry.weight
      if (state.turns.has(tenant)) state.turns.set(tenant, finish)
      state.past.set(tenant, finish)
      state.virtual = tag
      return head
    }
  }

  sendOut(entry: Entry): void {
    entry.state = 'out'
    entry.slotUntil = this.now() + SLOT_MS
  }

  fill(name: string): readonly Publish[] {
    const pool = this.pool(name)
    const { window } = this.capacity(name)
    const waits = { interactive: pool.lanes.interactive.turns.size > 0, bulk: pool.lanes.bulk.turns.size > 0 }
    const publishes: Publish[] = []
    while (this.out(name, 'interactive') + this.out(name, 'bulk') < window.total) {
      const mayBulk = waits.bulk && this.out(name, 'bulk') < window.bulk
      if (!waits.interactive && !mayBulk) break
      const tag = (lane: Lane) => Math.max(pool.virtual, pool.finish[lane])
      const lane: Lane = !waits.interactive || (mayBulk && tag('bulk') < tag('interactive')) ? 'bulk' : 'interactive'
      const found = this.next(name, lane)
      if (!found) {
        waits[lane] = false
        continue
      }
      const [, entry] = found
      this.sendOut(entry)
      if (entry.publish) publishes.push(entry.publish)
      pool.virtual = tag(lane)
      pool.finish[lane] = pool.virtual + 1 / LANE_WEIGHT[lane]
    }
    return publishes
  }
}
