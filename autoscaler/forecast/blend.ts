/** Buckets of the day over which an expert's record is kept: what is right at the opening is wrong at noon. */
export const BUCKETS_PER_DAY = 48
/** How sharply better records are preferred: at 8 an expert with half the error has 256 times the weight. */
const SHARPNESS = 10
/** How fast the last hour's record and that of this time of day fade, by lesson. */
const RECENT_DECAY = 0.98
const DAILY_DECAY = 0.99
const TINY = 1e-6

/**
 * Weighs opinions by how wrong each was lately and at this time of day. Errors are relative to the demand, so a busy hour
 * does not drown the quiet ones.
 * @source V. Vovk, "Aggregating strategies", 1990, with polynomial weights
 */
export class Blend {
  readonly #recent: Float64Array
  readonly #daily: Float64Array
  readonly #count: number

  /** @param count how many opinions there are, always in the same order */
  constructor(count: number) {
    this.#count = count
    this.#recent = new Float64Array(count).fill(1)
    this.#daily = new Float64Array(count * BUCKETS_PER_DAY)
  }

  /** @param bucket of the instant that is forecast */
  weights(bucket: number): readonly number[] {
    const losses = Array.from(this.#recent, (recent, index) => recent + this.#record(bucket, index) + TINY)
    const least = Math.min(...losses)
    const raw = losses.map((loss) => (least / loss) ** SHARPNESS)
    const sum = raw.reduce((total, weight) => total + weight, 0)
    return raw.map((weight) => weight / sum)
  }

  /** @param errors of each opinion, relative to the demand, not negative */
  learn(bucket: number, errors: readonly number[]): void {
    for (const [index, error] of errors.entries()) {
      this.#recent[index] = (this.#recent[index] ?? 0) * RECENT_DECAY + error * (1 - RECENT_DECAY)
      this.#daily[bucket * this.#count + index] = this.#record(bucket, index) * DAILY_DECAY + error * (1 - DAILY_DECAY)
    }
  }

  #record(bucket: number, index: number): number {
    return this.#daily[bucket * this.#count + index] ?? 0
  }
}
