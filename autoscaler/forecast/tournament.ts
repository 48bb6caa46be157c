import { backstop, damped } from '../damping.ts'
import { BUCKETS_PER_DAY } from './blend.ts'
import { STEP_SECONDS, STEPS_PER_DAY, steps } from './demand-series.ts'
import { createReactive } from './reactive.ts'
import { type FleetShape, ShadowFleets } from './shadow-fleets.ts'

/** What one late request weighs, in node-seconds. */
const LATE_PRICE = 12
/** How fast the account of the last days fades, and that of one time of day, in days. */
const RECENT_HALF_LIFE_DAYS = 4
const DAILY_HALF_LIFE_DAYS = 28
/** The account of all hours counts this much beside that of the present hour. */
const RECENT_SHARE = 0.2
/** The half hours beside the present ones count half: few days make a record. */
const BESIDE_SHARE = 0.5
/** A newcomer must be better by this much: changing one's mind costs nodes. */
const STICKINESS = 0.01
/** Nobody may cost more than the plain reactive scaler; what goes beyond is counted so often again. */
const BUDGET_RATIO = 1
const OVER_BUDGET_PRICE = 3
/** The favourite is followed while he costs hardly more than the plain reactive scaler: in small fleets one node is much. */
const FAVOURITE_RATIO = 1.03
/**
 * Wishes are kept up for so many horizons. A node that goes now is missed at once, a node that comes is there a boot later:
 * what was forecast for the time until then must not be forgotten.
 */
const HOLD_HORIZONS = 1.25

/** How long a wish is kept up, in steps. */
export const holdSteps = (bootSteps: number): number => Math.ceil((bootSteps + steps(1)) * HOLD_HORIZONS)

/**
 * All candidates scale a shadow fleet each, from the same requests the real one gets. The first is the favourite and leads
 * as long as he costs no more than plain reactive scaling. Where demand is too wild for him the one leads who would have been
 * cheapest at this time of day, node-seconds and late requests weighed against each other. Nothing is tuned for a pool.
 * @source M. Herbster, M. Warmuth, "Tracking the best expert", 1998: follow whoever did best lately, hold on to him a little
 */
export class Tournament {
  readonly #fleets: ShadowFleets
  readonly #yardstick: ShadowFleets
  readonly #reactive: ReturnType<typeof createReactive>
  readonly #shape: FleetShape
  readonly #hold: number
  readonly #held: Float64Array
  readonly #paid: Float64Array
  readonly #late: Float64Array
  readonly #daily: Float64Array
  #yardstickCost = 0
  #bucket = -1
  #step = 0
  #leader = 0

  /** @param size how many candidates, always in the same order */
  constructor(size: number, shape: FleetShape, firstCount: number) {
    this.#shape = shape
    this.#fleets = new ShadowFleets(size, shape, firstCount)
    this.#yardstick = new ShadowFleets(1, shape, firstCount)
    this.#reactive = createReactive(shape.capacity)
    this.#hold = holdSteps(shape.bootSteps)
    this.#held = new Float64Array(size * this.#hold)
    this.#paid = new Float64Array(size)
    this.#late = new Float64Array(size)
    this.#daily = new Float64Array(size * BUCKETS_PER_DAY)
  }

  /** Account for the step that has just ended. @param requests offered in it */
  advance(requests: number): void {
    const bucket = bucketOf(this.#step)
    if (bucket !== this.#bucket) this.#fade(bucket)
    this.#step += 1
    this.#fleets.advance(requests)
    this.#yardstick.advance(requests)
    this.#yardstickCost = this.#yardstickCost * RECENT_DECAY + (this.#yardstick.paid[0] ?? 0)
    for (let fleet = 0; fleet < this.#fleets.size; fleet += 1) {
      const paid = this.#fleets.paid[fleet] ?? 0
      const late = ((this.#fleets.late[fleet] ?? 0) * LATE_PRICE) / STEP_SECONDS
      this.#paid[fleet] = (this.#paid[fleet] ?? 0) * RECENT_DECAY + paid
      this.#late[fleet] = (this.#late[fleet] ?? 0) * RECENT_DECAY + late
      const at = fleet * BUCKETS_PER_DAY + bucket
      this.#daily[at] = (this.#daily[at] ?? 0) + paid + late
    }
  }

  /**
   * Let every candidate scale its fleet.
   * @param wishes desired count of each candidate
   * @param rate mean demand of the last minute, in requests a second
   */
  scale(wishes: readonly number[], rate: number): void {
    const { capacity, bootSteps } = this.#shape
    const bootSeconds = bootSteps * STEP_SECONDS
    for (const [fleet, wish] of wishes.entries()) {
      this.#held[fleet * this.#hold + (this.#step % this.#hold)] = wish
      const fleets = this.#fleets
      const urgent = backstop(fleets.backlog[fleet] ?? 0, fleets.ready(fleet), rate, capacity, bootSeconds)
      fleets.resize(fleet, damped(Math.max(this.held(fleet), urgent), fleets.count(fleet)))
    }
    const backlog = this.#yardstick.backlog[0] ?? 0
    this.#yardstick.resize(0, this.#reactive({ rate, backlog, count: this.#yardstick.count(0) }))
  }

  /** The highest wish of a candidate that still holds. */
  held(candidate: number): number {
    let highest = 0
    for (let back = 0; back < this.#hold; back += 1)
      highest = Math.max(highest, this.#held[candidate * this.#hold + back] ?? 0)
    return highest
  }

  /** Whom to follow now. */
  leader(): number {
    if ((this.#paid[0] ?? 0) <= FAVOURITE_RATIO * this.#yardstickCost) {
      this.#leader = 0
      return 0
    }
    const now = bucketOf(this.#step)
    const then = bucketOf(this.#step + this.#shape.bootSteps + steps(3))
    let least = Number.POSITIVE_INFINITY
    let best = this.#leader
    for (let candidate = 0; candidate < this.#fleets.size; candidate += 1) {
      const account = this.#account(candidate, now, then)
      const cost = candidate === this.#leader ? account : account * (1 + STICKINESS)
      if (cost < least) [least, best] = [cost, candidate]
    }
    this.#leader = best
    return best
  }

  #account(candidate: number, now: number, then: number): number {
    const at = (bucket: number) =>
      this.#daily[candidate * BUCKETS_PER_DAY + ((bucket + BUCKETS_PER_DAY) % BUCKETS_PER_DAY)] ?? 0
    const daily = at(now) + at(then) + BESIDE_SHARE * (at(now - 1) + at(then + 1))
    const paid = this.#paid[candidate] ?? 0
    const recent = RECENT_SHARE * (paid + (this.#late[candidate] ?? 0))
    return daily + recent + OVER_BUDGET_PRICE * Math.max(0, paid - BUDGET_RATIO * this.#yardstickCost)
  }

  #fade(bucket: number): void {
    this.#bucket = bucket
    for (let fleet = 0; fleet < this.#fleets.size; fleet += 1) {
      const at = fleet * BUCKETS_PER_DAY + bucket
      this.#daily[at] = (this.#daily[at] ?? 0) * DAILY_DECAY
    }
  }
}

const RECENT_DECAY = 0.5 ** (1 / (RECENT_HALF_LIFE_DAYS * STEPS_PER_DAY))
const DAILY_DECAY = 0.5 ** (1 / DAILY_HALF_LIFE_DAYS)

/** The half hour of the day a step lies in, counted from the first step. */
export const bucketOf = (step: number): number => Math.floor((step % STEPS_PER_DAY) / (STEPS_PER_DAY / BUCKETS_PER_DAY))
