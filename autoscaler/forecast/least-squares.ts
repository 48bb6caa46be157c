/** One lesson moves the estimate by this share of the demand at most: an outlier is not a trend. */
const MAX_SURPRISE = 0.5
/** Bound on the uncertainty of one weight, so that a quiet fortnight does not make the next minute decide alone. */
const MAX_UNCERTAINTY = 10

/**
 * A linear combination whose weights follow what they got wrong: recursive least squares with forgetting.
 * @source L. Ljung, T. Söderström, "Theory and Practice of Recursive Identification", 1983, section 2.2
 */
export class LeastSquares {
  readonly #weights: Float64Array
  readonly #uncertainty: Float64Array[]
  readonly #forgetting: number

  /**
   * @param first the weights to begin with
   * @param forgetting weight of the past after each lesson, just below 1
   */
  constructor(first: readonly number[], forgetting: number) {
    this.#weights = Float64Array.from(first)
    this.#uncertainty = first.map((_, index) => {
      const row = new Float64Array(first.length)
      row[index] = 1
      return row
    })
    this.#forgetting = forgetting
  }

  estimate(features: readonly number[]): number {
    return features.reduce((sum, feature, index) => sum + feature * (this.#weights[index] ?? 0), 0)
  }

  /** @param scale divides features and truth, so that busy hours and quiet ones teach alike */
  learn(features: readonly number[], truth: number, scale: number): void {
    const scaled = features.map((feature) => feature / scale)
    const gain = this.#uncertainty.map((row) =>
      scaled.reduce((sum, value, index) => sum + value * (row[index] ?? 0), 0),
    )
    const spread = scaled.reduce((sum, value, index) => sum + value * (gain[index] ?? 0), this.#forgetting)
    const surprise = truth / scale - this.estimate(scaled)
    const bounded = Math.min(MAX_SURPRISE, Math.max(-MAX_SURPRISE, surprise))
    for (const [i, row] of this.#uncertainty.entries()) {
      this.#weights[i] = (this.#weights[i] ?? 0) + ((gain[i] ?? 0) / spread) * bounded
      for (let j = 0; j < row.length; j += 1)
        row[j] = ((row[j] ?? 0) - ((gain[i] ?? 0) * (gain[j] ?? 0)) / spread) / this.#forgetting
    }
    this.#bound()
  }

  #bound(): void {
    for (const [i, row] of this.#uncertainty.entries()) {
      if ((row[i] ?? 0) <= MAX_UNCERTAINTY) continue
      for (const [j, other] of this.#uncertainty.entries()) {
        row[j] = (row[j] ?? 0) / 2
        other[i] = (other[i] ?? 0) / 2
      }
    }
  }
}
