import { STEPS_PER_DAY, steps } from './demand-series.ts'

/** The lower end of the interval that is shown lies under all but this share of the instants. */
const LOW_SHARE = 0.05

/** Quarters of an hour: an opening that jumps is remembered at its time of day, and not all morning. */
const SLOT_STEPS = steps(15)
const SLOTS = STEPS_PER_DAY / SLOT_STEPS
/** Errors grow with demand, but slower: between counting noise (0.5) and proportion (1). */
const GROWTH = 0.7
/** Least demand the growth is reckoned from, in requests a second. */
const MIN_RATE = 10
/** The smallest surprise that is told from none, and how much finer than twofold larger ones are told apart. */
const FINEST = 0.1
const BINS_PER_FOLD = 12
const BINS = 80
/** Half of what is known of the last hours is so old, in hours; of one time of day, in days. */
const RECENT_HALF_LIFE_HOURS = 4
const DAILY_HALF_LIFE_DAYS = 5
const RECENT_DECAY = 0.5 ** (1 / (60 * RECENT_HALF_LIFE_HOURS))
/** A slot has fifteen lessons a day of its own, and as many from the two beside it. */
const DAILY_DECAY = 0.5 ** (1 / (30 * DAILY_HALF_LIFE_DAYS))
const BESIDE_SHARE = 0.5
/** How fast the usual error of the last half hour fades, by lesson. */
const PACE_DECAY = 0.98
/** The usual error before anything is known, and surprises in multiples of it: a quarter of all instants has such a one. */
const FIRST_PACE = 0.5
/** Nobody is so good that he divides by nothing. */
const LEAST_PACE = 0.01
const FIRST_SURPRISE = 1
const FIRST_LESSONS = 40
/** A time of day speaks for itself after so many lessons. */
const MIN_LESSONS = 5
/** Weights grow instead of all others fading; beyond it they are brought back. */
const MAX_WEIGHT = 1e100

/** How often which surprise was met, the old ones fading. What is below nothing is no surprise. */
class Memory {
  readonly #weights = new Float64Array(BINS)
  #sum = 0
  #next = 1

  /** lessons that are remembered (count, faded) */
  get lessons(): number {
    return this.#sum / this.#next
  }

  learn(surprise: number, share: number, decay: number): void {
    this.#next /= decay
    const bin = binOf(surprise)
    this.#weights[bin] = (this.#weights[bin] ?? 0) + share * this.#next
    this.#sum += share * this.#next
    if (this.#next < MAX_WEIGHT) return
    for (let index = 0; index < BINS; index += 1) this.#weights[index] = (this.#weights[index] ?? 0) / this.#next
    this.#sum /= this.#next
    this.#next = 1
  }

  /** The surprise that is exceeded in a share of all instants. */
  exceededBy(share: number): number {
    let above = this.#sum * share
    for (let bin = BINS - 1; bin > 0; bin -= 1) {
      above -= this.#weights[bin] ?? 0
      if (above < 0) return FINEST * Math.expm1(bin / BINS_PER_FOLD)
    }
    return 0
  }
}

const binOf = (surprise: number): number =>
  surprise <= 0 ? 0 : Math.min(BINS - 1, 1 + Math.floor(Math.log1p(surprise / FINEST) * BINS_PER_FOLD))

const unitOf = (rate: number): number => Math.max(MIN_RATE, rate) ** GROWTH

const slotOf = (index: number): number => Math.floor((index % STEPS_PER_DAY) / SLOT_STEPS)

/** What demand did to one forecaster's word: in the last hours, and at this time of day on earlier days. */
export class Surprises {
  readonly #recent = new Memory()
  readonly #below = new Memory()
  #pace = FIRST_PACE
  readonly #daily = Array.from({ length: SLOTS }, () => new Memory())

  constructor() {
    for (let lesson = 0; lesson < FIRST_LESSONS; lesson += 1)
      for (const memory of [this.#recent, this.#below]) memory.learn(lesson % 4 === 0 ? FIRST_SURPRISE : 0, 1, 1)
  }

  /**
   * What to keep ready beyond a forecast, one for each share, in requests a second.
   * @param rate the forecast, in requests a second
   * @param index the step that is forecast
   * @param shares of the instants at which demand may be more than that, each 0..1
   */
  margins(rate: number, index: number, shares: readonly number[]): readonly number[] {
    const daily = this.#daily[slotOf(index)] as Memory
    const isKnown = daily.lessons > MIN_LESSONS
    const unit = unitOf(rate)
    return shares.map((share) => {
      const recent = this.#recent.exceededBy(share) * this.#pace
      return Math.max(recent, isKnown ? daily.exceededBy(share) : 0) * unit
    })
  }

  /** How far below a forecast demand may come, in requests a second. */
  below(rate: number): number {
    return Math.min(rate, this.#below.exceededBy(LOW_SHARE) * this.#pace * unitOf(rate))
  }

  learn(rate: number, truth: number, index: number): void {
    const surprise = (truth - rate) / unitOf(rate)
    // The usual error is the one that was known when the forecast was made, near enough.
    this.#recent.learn(surprise / this.#pace, 1, RECENT_DECAY)
    this.#below.learn(-surprise / this.#pace, 1, RECENT_DECAY)
    this.#pace = Math.max(LEAST_PACE, this.#pace * PACE_DECAY + Math.abs(surprise) * (1 - PACE_DECAY))
    const slot = slotOf(index)
    this.#daily[slot]?.learn(surprise, 1, DAILY_DECAY)
    for (const beside of [slot + SLOTS - 1, slot + 1])
      this.#daily[beside % SLOTS]?.learn(surprise, BESIDE_SHARE, DAILY_DECAY)
  }
}
