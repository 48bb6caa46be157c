import { Blend, BUCKETS_PER_DAY } from './blend.ts'
import { DemandSeries, STEP_SECONDS, STEPS_PER_DAY, steps } from './demand-series.ts'
import { type Opinions, opinionsOf } from './experts.ts'
import { LeastSquares } from './least-squares.ts'
import type { FleetShape } from './shadow-fleets.ts'
import { Surprises } from './surprises.ts'
import { bucketOf, holdSteps, Tournament } from './tournament.ts'

/** Before a day is known there is nothing to compare with: nodes are kept at this share of their capacity. */
const COLD_TARGET = 0.7
const COLD_STEPS = STEPS_PER_DAY
const COLD = 'no history yet, nodes kept at 70 % of their capacity'
/**
 * Share of the instants at which demand may be more than what is kept ready, where wishes hold for five minutes; and the
 * multiples of it that take part. Of wishes that hold longer the highest counts, so each may miss more often.
 */
const MISS_SHARE = 0.014
const MISS_HOLD_STEPS = steps(5)
const MISSES = [1, 2, 4, 8, 16] as const
/** Nobody is content to be short half of the time. */
const MAX_MISS_SHARE = 0.5
/** A share of a node that is not asked for: a queue bridges it for the seconds it is missing. */
const ROUNDING = 0.1
/** Weight of the past in the learned combination, by lesson: half of it is a week old. */
const FORGETTING = 0.9999
/** The learned combination starts from the last two and four minutes alone. */
const FIRST_WEIGHTS = [0, 0.5, 0.5]
/** It may leave the range of the other opinions by this factor. */
const MAX_BOLDNESS = 1.3
/** Demand is taught as a share of the last hour's, and never of less than this, in requests a second. */
const MIN_SCALE = 10
/** A truth is the mean of the two minutes that end at the horizon. */
const TRUTH_STEPS = steps(2)
/** Nothing is learned from the first minutes: every expert says the same. */
const FIRST_LESSON = steps(75)

/** What is expected, and what to be ready for. Rates in requests a second. */
export interface Forecast {
  readonly expected: number
  /** the interval that is planned for: demand is hardly ever below the one, and the count is for the other */
  readonly low: number
  readonly upper: number
  /** whose forecast, in words */
  readonly expert: string
  /** share of the instants at which demand is to stay below the upper end */
  readonly readiness: number
  /** the loudest voices of the blend, with their weights */
  readonly voices: readonly { readonly name: string; readonly rate: number; readonly weight: number }[]
  /** nodes for `upper`, and held a little longer than a boot takes */
  readonly desired: number
}

interface Lesson {
  readonly due: number
  readonly opinions: Opinions
  readonly voices: readonly number[]
  readonly candidates: readonly number[]
  readonly scale: number
}

/**
 * Learns one pool's demand step by step and forecasts it one boot ahead.
 * Deterministic: the same steps in the same order give the same forecasts, so a new leader learns from the history and
 * goes on where the last one stopped.
 */
export class Forecaster {
  readonly series = new DemandSeries()
  readonly #shape: FleetShape
  readonly #horizon: number
  readonly #misses: readonly number[]
  #learned: LeastSquares | undefined
  #blend: Blend | undefined
  #surprises: readonly Surprises[] = []
  #tournament: Tournament | undefined
  readonly #lessons: Lesson[] = []
  #forecast: Forecast | undefined
  /** the last step of which nothing is known */
  #unknownAt = Number.NEGATIVE_INFINITY

  constructor(shape: FleetShape) {
    this.#shape = shape
    // A boot, and the minute until the next chance to ask for more.
    this.#horizon = shape.bootSteps + steps(1)
    const miss = MISS_SHARE * Math.sqrt(holdSteps(shape.bootSteps) / MISS_HOLD_STEPS)
    this.#misses = MISSES.map((times) => Math.min(MAX_MISS_SHARE, times * miss))
  }

  /** how far ahead it looks, in steps */
  get horizon(): number {
    return this.#horizon
  }

  /**
   * One more step is over.
   * @param requests offered in it, refused ones included (count); undefined = nobody knows. Then it is taken to be as it
   *   was, and nothing is learned from it
   */
  observe(requests: number | undefined): void {
    if (requests === undefined) this.#unknownAt = this.series.length
    const taken = requests ?? this.series.last(steps(1)) * STEP_SECONDS
    this.series.push(taken)
    this.#tournament?.advance(taken)
    while (this.#lessons[0] && this.#lessons[0].due <= this.series.length) {
      const lesson = this.#lessons.shift() as Lesson
      if (lesson.due - TRUTH_STEPS > this.#unknownAt) this.#learn(lesson)
    }
    this.#forecast = this.#look()
  }

  /** undefined before the first step */
  forecast(): Forecast | undefined {
    return this.#forecast
  }

  /**
   * What is expected for each of the coming minutes, for a chart; rates in requests a second.
   * @param minutes how far (count)
   */
  outlook(minutes: number): readonly number[] {
    return Array.from({ length: minutes }, (_, index) => {
      const ahead = steps(index + 1)
      const voices = opinionsOf(this.series, ahead).voices
      // The learned combination was taught for one horizon only: it has no say here.
      const weights = this.#blend?.weights(bucketOf(this.series.length + ahead)).slice(1) ?? voices.map(() => 1)
      const sum = weights.reduce((total, weight) => total + weight, 0)
      return voices.reduce((rate, voice, at) => rate + (voice.rate * (weights[at] ?? 0)) / sum, 0)
    })
  }

  #look(): Forecast {
    const opinions = opinionsOf(this.series, this.#horizon)
    const learned = this.#estimate(opinions)
    const voices = [learned, ...opinions.voices.map(({ rate }) => rate)]
    this.#blend ??= new Blend(voices.length)
    const due = this.series.length + this.#horizon
    const weights = this.#blend.weights(bucketOf(due) % BUCKETS_PER_DAY)
    const blended = voices.reduce((sum, rate, index) => sum + rate * (weights[index] ?? 0), 0)
    const named = candidatesOf(opinions, blended)
    if (this.#surprises.length === 0) this.#surprises = named.map(() => new Surprises())
    const candidates = named.map(({ rate }) => rate)
    const margins = candidates.map((rate, index) =>
      (this.#surprises[index] as Surprises).margins(rate, due, this.#misses),
    )
    const wishes = candidates.flatMap((rate, index) =>
      (margins[index] as readonly number[]).map((margin) => this.#nodes(rate + margin)),
    )
    const first = this.#nodes(this.series.last(steps(1)))
    this.#tournament ??= new Tournament(wishes.length, this.#shape, first)
    this.#tournament.scale(wishes, this.series.last(steps(1)))
    const leader = this.#tournament.leader()
    const [who, place] = [Math.floor(leader / MISSES.length), leader % MISSES.length]
    // One lesson a minute is enough: what lies closer together says the same.
    if (this.series.length % steps(1) === 0 && this.series.length >= FIRST_LESSON)
      this.#lessons.push({ due, opinions, voices, candidates, scale: Math.max(MIN_SCALE, this.series.last(steps(60))) })
    const names = ['learned combination', ...opinions.voices.map(({ name }) => name)]
    const spoken = names.map((name, index) => ({
      name,
      rate: voices[index] as number,
      weight: weights[index] as number,
    }))
    if (this.series.length < COLD_STEPS) return this.#cold(opinions.peak, spoken)
    const expected = candidates[who] as number
    return {
      expected,
      low: expected - (this.#surprises[who] as Surprises).below(expected),
      upper: expected + ((margins[who] as readonly number[])[place] as number),
      expert: (named[who] as { readonly name: string }).name,
      readiness: 1 - (this.#misses[place] as number),
      voices: spoken,
      desired: this.#tournament.held(leader),
    }
  }

  #cold(peak: number, voices: Forecast['voices']): Forecast {
    const expected = this.series.last(steps(1))
    const upper = peak / COLD_TARGET
    const desired = this.#nodes(upper)
    return { expected, low: Math.min(expected, peak), upper, expert: COLD, readiness: COLD_TARGET, voices, desired }
  }

  #estimate({ features, voices }: Opinions): number {
    this.#learned ??= new LeastSquares(
      features.map((_, index) => FIRST_WEIGHTS[index] ?? 0),
      FORGETTING,
    )
    const rates = voices.map(({ rate }) => rate)
    const estimate = this.#learned.estimate(features)
    return Math.min(Math.max(...rates) * MAX_BOLDNESS, Math.max(Math.min(...rates) / MAX_BOLDNESS, estimate))
  }

  #learn({ due, opinions, voices, candidates, scale }: Lesson): void {
    const truth = this.series.mean(due - TRUTH_STEPS, due)
    this.#learned?.learn(opinions.features, truth, scale)
    const errors = voices.map((rate) => Math.abs(truth - rate) / scale)
    this.#blend?.learn(bucketOf(due), errors)
    for (const [index, rate] of candidates.entries()) this.#surprises[index]?.learn(rate, truth, due)
  }

  #nodes(rate: number): number {
    const { capacity, minCount, maxCount } = this.#shape
    return Math.min(maxCount, Math.max(minCount, Math.ceil(rate / capacity - ROUNDING)))
  }
}

/** Who takes part in the tournament: the blend, and a few that stay right when it is misled. */
const candidatesOf = ({ voices, peak }: Opinions, blended: number) => {
  const byName = new Map(voices.map(({ name, rate }) => [name, rate]))
  const voice = (name: string) => ({ name, rate: byName.get(name) ?? 0 })
  return [
    { name: 'blend', rate: blended },
    { name: 'blend and peak', rate: (blended + peak) / 2 },
    voice('mean of 4 min'),
    voice('level, or the lower of yesterday and last week'),
  ]
}
