import { STEP_SECONDS } from './demand-series.ts'

/** A request that waits longer is late, in seconds: the service level objective. */
export const LATE_AFTER_SECONDS = 3

/** What a fleet is made of. Capacity in requests a second of one node, the boot in steps. */
export interface FleetShape {
  readonly capacity: number
  readonly bootSteps: number
  readonly minCount: number
  readonly maxCount: number
}

/**
 * The share of one step's requests that wait too long, when the wait goes evenly from one value to another.
 * @param before wait of the first request of the step, in seconds
 * @param after wait of its last
 */
export const lateShare = (before: number, after: number): number => {
  const [low, high] = [Math.min(before, after), Math.max(before, after)]
  if (high <= LATE_AFTER_SECONDS) return 0
  if (low >= LATE_AFTER_SECONDS || high === Number.POSITIVE_INFINITY) return 1
  return (high - LATE_AFTER_SECONDS) / (high - low)
}

/** How long a queue takes, in seconds. One that is empty takes no time, also where nobody works: 0 / 0 would spoil all sums. */
const waitOf = (backlog: number, rate: number): number => (backlog === 0 ? 0 : backlog / rate)

/**
 * Many fleets side by side that all get the same requests, each with a count of its own: what would have come of every
 * way to scale. A fluid in one queue, first come first served; a node costs from its launch and works after its boot.
 */
export class ShadowFleets {
  readonly size: number
  /** nodes paid for in the last step (count), and requests of it that were late, by fleet */
  readonly paid: Float64Array
  readonly late: Float64Array
  readonly backlog: Float64Array
  readonly #shape: FleetShape
  readonly #ready: Float64Array
  readonly #booting: Float64Array
  /** nodes that become ready, by fleet and step modulo the boot */
  readonly #arriving: Float64Array
  #step = 0

  constructor(size: number, shape: FleetShape, firstCount: number) {
    this.size = size
    this.#shape = shape
    this.paid = new Float64Array(size)
    this.late = new Float64Array(size)
    this.backlog = new Float64Array(size)
    this.#ready = new Float64Array(size).fill(Math.max(shape.minCount, firstCount))
    this.#booting = new Float64Array(size)
    this.#arriving = new Float64Array(size * (shape.bootSteps + 1))
  }

  /** nodes working and booting (count) */
  count(fleet: number): number {
    return (this.#ready[fleet] ?? 0) + (this.#booting[fleet] ?? 0)
  }

  ready(fleet: number): number {
    return this.#ready[fleet] ?? 0
  }

  /** Let one step pass. @param requests that came in it (count) */
  advance(requests: number): void {
    const { capacity, bootSteps } = this.#shape
    const span = bootSteps + 1
    this.#step += 1
    const slot = this.#step % span
    for (let fleet = 0; fleet < this.size; fleet += 1) {
      const rate = this.ready(fleet) * capacity
      const before = this.backlog[fleet] ?? 0
      const after = Math.max(0, before + requests - rate * STEP_SECONDS)
      this.backlog[fleet] = after
      this.late[fleet] = requests * lateShare(waitOf(before, rate), waitOf(after, rate))
      this.paid[fleet] = this.count(fleet)
      const arrived = this.#arriving[fleet * span + slot] ?? 0
      if (arrived === 0) continue
      this.#arriving[fleet * span + slot] = 0
      this.#ready[fleet] = this.ready(fleet) + arrived
      this.#booting[fleet] = (this.#booting[fleet] ?? 0) - arrived
    }
  }

  /** Ask for so many nodes: new ones boot, and of the others the youngest go first. */
  resize(fleet: number, wanted: number): void {
    const { bootSteps, minCount, maxCount } = this.#shape
    const count = Math.min(maxCount, Math.max(minCount, wanted))
    const difference = count - this.count(fleet)
    if (difference > 0) {
      const slot = fleet * (bootSteps + 1) + ((this.#step + bootSteps) % (bootSteps + 1))
      this.#arriving[slot] = (this.#arriving[slot] ?? 0) + difference
      this.#booting[fleet] = (this.#booting[fleet] ?? 0) + difference
    } else if (difference < 0) this.#dismiss(fleet, -difference)
  }

  #dismiss(fleet: number, many: number): void {
    const span = this.#shape.bootSteps + 1
    let left = many
    for (let back = 0; back < span && left > 0 && (this.#booting[fleet] ?? 0) > 0; back += 1) {
      const slot = fleet * span + ((this.#step + this.#shape.bootSteps - back + span) % span)
      const going = Math.min(left, this.#arriving[slot] ?? 0)
      this.#arriving[slot] = (this.#arriving[slot] ?? 0) - going
      this.#booting[fleet] = (this.#booting[fleet] ?? 0) - going
      left -= going
    }
    this.#ready[fleet] = this.ready(fleet) - left
  }
}
