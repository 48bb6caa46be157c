import { STEPS_PER_DAY, steps } from './demand-series.ts'

/** Quarters of an hour: an opening that jumps is remembered at its time of day, and not all morning. */
const SLOT_STEPS = steps(15)
const SLOTS = STEPS_PER_DAY / SLOT_STEPS
/** Errors grow with demand, but slower: between counting noise (0.5) and proportion (1). */
const GROWTH = 0.7
/** Least demand the growth is reckoned from, in requests a second. */
const MIN_RATE = 10
const RECENT_DECAY = 0.98
const FIRST_RELATIVE_ERROR = 0.1
/** A surprise at this time of day is believed at once and forgotten slowly. */
const RISE = 0.7
const FALL = 0.02
/** Share of the surprise of earlier days that is kept ready for; the margin multiplies it. */
const DAILY_SHARE = 0.5

/** How far off one forecaster usually is: lately, or at this time of day on earlier days, whichever is more. */
export class Spread {
  #recent = FIRST_RELATIVE_ERROR
  readonly #daily = new Float64Array(SLOTS)

  /**
   * @param rate the forecast, in requests a second
   * @param index the step that is forecast
   * @returns in requests a second
   */
  at(rate: number, index: number): number {
    const recent = this.#recent * Math.max(MIN_RATE, rate) ** GROWTH
    return Math.max(recent, DAILY_SHARE * (this.#daily[slotOf(index)] ?? 0))
  }

  learn(rate: number, truth: number, index: number): void {
    const relative = Math.abs(truth - rate) / Math.max(MIN_RATE, rate) ** GROWTH
    this.#recent = this.#recent * RECENT_DECAY + relative * (1 - RECENT_DECAY)
    const short = Math.max(0, truth - rate)
    const slot = slotOf(index)
    this.#learnDaily(slot, short, 1)
    for (const beside of [slot + SLOTS - 1, slot + 1]) this.#learnDaily(beside % SLOTS, short, 0.5)
  }

  #learnDaily(slot: number, short: number, share: number): void {
    const known = this.#daily[slot] ?? 0
    this.#daily[slot] = known + (short - known) * (short > known ? RISE : FALL) * share
  }
}

const slotOf = (index: number): number => Math.floor((index % STEPS_PER_DAY) / SLOT_STEPS)
