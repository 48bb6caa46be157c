/** One step of every series and of the controller, in seconds: short against a boot, long enough to count requests. */
export const STEP_SECONDS = 30
export const STEPS_PER_DAY = 86_400 / STEP_SECONDS

/** Whole steps in so many minutes. */
export const steps = (minutes: number): number => Math.round((minutes * 60) / STEP_SECONDS)

/**
 * Offered load of one pool, step by step: what callers asked for, whether or not it was taken. Index `n` is the step that
 * has just begun; everything before it is known. A mean over any span costs the same.
 */
export class DemandSeries {
  #sums = new Float64Array(4096)
  #length = 0

  /** steps known so far (count) */
  get length(): number {
    return this.#length
  }

  /** @param requests offered in the step that has just ended (count) */
  push(requests: number): void {
    if (this.#length + 2 > this.#sums.length) {
      const longer = new Float64Array(this.#sums.length * 2)
      longer.set(this.#sums)
      this.#sums = longer
    }
    this.#sums[this.#length + 1] = (this.#sums[this.#length] ?? 0) + requests
    this.#length += 1
  }

  /** requests of one step (count) */
  at(index: number): number {
    return (this.#sums[index + 1] ?? 0) - (this.#sums[index] ?? 0)
  }

  /** Mean demand of steps `from` to `to`, without `to`, in requests a second; 0 for an empty span. */
  mean(from: number, to: number): number {
    const [first, end] = [Math.max(0, from), Math.min(this.#length, to)]
    if (end <= first) return 0
    return ((this.#sums[end] ?? 0) - (this.#sums[first] ?? 0)) / ((end - first) * STEP_SECONDS)
  }

  /** Mean demand of the last so many steps, in requests a second. */
  last(count: number): number {
    return this.mean(this.#length - count, this.#length)
  }
}
