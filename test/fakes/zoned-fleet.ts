import { PoolUnknownError } from '../../infra/domain/errors.ts'
import type { CountChange, CountChanged, Fleet, FleetView } from '../../infra/ports/fleet.ts'

interface Zone {
  readonly zone: string
  desired: number
  placed: number
  running: number
  /** nodes that can be had there */
  stock: number
}

/** A fleet of one pool in several zones, in memory. Nodes come when the test says so, as far as their zone has some. */
export class ZonedFleet implements Fleet {
  readonly pool: string
  readonly zones: readonly Zone[]
  #version = 1
  /** what the changes of single zones are answered with instead, oldest first */
  readonly answers: (CountChanged | undefined)[] = []

  constructor(pool: string, counts: Readonly<Record<string, number>>) {
    this.pool = pool
    this.zones = Object.entries(counts).map(([zone, count]) => {
      return { zone, desired: count, placed: count, running: count, stock: 1_000 }
    })
  }

  zone(name: string): Zone {
    return this.zones.find(({ zone }) => zone === name) as Zone
  }

  asked(): readonly number[] {
    return this.zones.map(({ desired }) => desired)
  }

  running(): number {
    return this.zones.reduce((sum, { running }) => sum + running, 0)
  }

  /** Nodes that have a place run; those that were asked for have one, as far as there are some. */
  boot(): void {
    for (const zone of this.zones) {
      zone.running = zone.placed
      zone.placed = Math.min(zone.desired, zone.stock)
      zone.running = Math.min(zone.running, zone.placed)
    }
  }

  /** Somebody else changes a count. */
  interfere(count: number): void {
    const [first] = this.zones
    if (first) first.desired = count - this.zones.slice(1).reduce((sum, { desired }) => sum + desired, 0)
    this.#version += 1
  }

  async view(pool: string): Promise<FleetView> {
    this.#check(pool)
    const total = (of: (zone: Zone) => number) => this.zones.reduce((sum, zone) => sum + of(zone), 0)
    return {
      desiredCount: total(({ desired }) => desired),
      placedCount: total(({ placed }) => placed),
      runningCount: total(({ running }) => running),
      bounds: undefined,
      version: String(this.#version),
      zones: this.zones.map(({ zone, desired, placed, running }) => {
        const counts = { desiredCount: desired, placedCount: placed, runningCount: running }
        return { zone, ...counts, readyCount: undefined, bounds: undefined }
      }),
    }
  }

  async setCount({ pool, version, zones = [] }: CountChange): Promise<CountChanged> {
    this.#check(pool)
    if (version !== String(this.#version)) return { kind: 'conflict', why: 'somebody was quicker' }
    if (zones.length === 0) return { kind: 'conflict', why: 'the pool has zones' }
    const steps = zones.map(({ zone, count }) => ({ zone: this.zone(zone), count }))
    const rises = steps.filter(({ zone, count }) => count > zone.desired)
    const falls = steps.filter(({ zone, count }) => count < zone.desired)
    for (const { zone, count } of [...rises, ...falls]) {
      const answer = this.answers.shift()
      if (answer) return answer
      zone.desired = count
      zone.placed = Math.min(zone.placed, count)
      zone.running = Math.min(zone.running, count)
      this.#version += 1
    }
    return { kind: 'applied' }
  }

  async note(pool: string): Promise<void> {
    this.#check(pool)
  }

  #check(pool: string): void {
    if (pool !== this.pool) throw new PoolUnknownError(pool)
  }
}
