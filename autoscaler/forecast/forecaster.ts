import { Blend, BUCKETS_PER_DAY } from './blend.ts'
import { DemandSeries, steps } from './demand-series.ts'
import { type Opinions, opinionsOf } from './experts.ts'
import { LeastSquares } from './least-squares.ts'
import type { FleetShape } from './shadow-fleets.ts'
import { Spread } from './spread.ts'
import { bucketOf, Tournament } from './tournament.ts'

/** How many usual errors are kept ready for. The tournament tells which is enough for whom, and when. */
const MARGINS = [0, 0.5, 1, 1.25, 1.5, 1.75, 2, 2.25, 2.5, 3, 3.5, 4, 5] as const
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
  /** expected plus the margin that has proved cheapest */
  readonly upper: number
  /** whose forecast and how many usual errors on top, in words */
  readonly expert: string
  readonly margin: number
  /** the loudest voices of the blend, with their weights */
  readonly voices: readonly { readonly name: string; readonly rate: number; readonly weight: number }[]
  /** nodes for `upper`, and held for four minutes */
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
  #learned: LeastSquares | undefined
  #blend: Blend | undefined
  #spreads: readonly Spread[] = []
  #tournament: Tournament | undefined
  readonly #lessons: Lesson[] = []
  #forecast: Forecast | undefined

  constructor(shape: FleetShape) {
    this.#shape = shape
    // A boot, and the minute until the next chance to ask for more.
    this.#horizon = shape.bootSteps + steps(1)
  }

  /** how far ahead it looks, in steps */
  get horizon(): number {
    return this.#horizon
  }

  /** One more step is over. @param requests offered in it, refused ones included (count) */
  observe(requests: number): void {
    this.series.push(requests)
    this.#tournament?.advance(requests)
    while (this.#lessons[0] && this.#lessons[0].due <= this.series.length) this.#learn(this.#lessons.shift() as Lesson)
    this.#forecast = this.#look()
  }

  /** undefined before the first step */
  forecast(): Forecast | undefined {
    return this.#forecast
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
    if (this.#spreads.length === 0) this.#spreads = named.map(() => new Spread())
    const candidates = named.map(({ rate }) => rate)
    const spreads = candidates.map((rate, index) => (this.#spreads[index] as Spread).at(rate, due))
    const wishes = candidates.flatMap((rate, index) =>
      MARGINS.map((margin) => this.#nodes(rate + margin * (spreads[index] as number))),
    )
    const first = this.#nodes(this.series.last(steps(1)))
    this.#tournament ??= new Tournament(wishes.length, this.#shape, first)
    this.#tournament.scale(wishes, this.series.last(steps(1)))
    const leader = this.#tournament.leader()
    const [who, margin] = [Math.floor(leader / MARGINS.length), MARGINS[leader % MARGINS.length] as number]
    // One lesson a minute is enough: what lies closer together says the same.
    if (this.series.length % steps(1) === 0 && this.series.length >= FIRST_LESSON)
      this.#lessons.push({ due, opinions, voices, candidates, scale: Math.max(MIN_SCALE, this.series.last(steps(60))) })
    const names = ['learned combination', ...opinions.voices.map(({ name }) => name)]
    const expected = candidates[who] as number
    return {
      expected,
      upper: expected + margin * (spreads[who] as number),
      expert: (named[who] as { readonly name: string }).name,
      margin,
      voices: names.map((name, index) => ({ name, rate: voices[index] as number, weight: weights[index] as number })),
      desired: this.#tournament.held(leader),
    }
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
    for (const [index, rate] of candidates.entries()) this.#spreads[index]?.learn(rate, truth, due)
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
    { name: 'peak of 5 min', rate: peak },
    { name: 'blend and peak', rate: (blended + peak) / 2 },
    voice('mean of 1 min'),
    voice('mean of 4 min'),
    voice('mean of 20 min'),
    voice("level and last week's change"),
    voice('last week'),
    voice('yesterday'),
    voice('level, or the lower of yesterday and last week'),
  ]
}
