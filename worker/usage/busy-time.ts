/** Something that a worker has in hand. */
export interface InHand {
  /** It is over. @param now monotonic ms @returns its share of the time the worker was busy (ms) */
  end(now: number): number
}

/**
 * Divides the time in which a worker has anything in hand among what it has in hand: at every instant all have the same
 * share of it. So the shares of all add up to the time it was busy, however many ran beside each other. Pure but for its
 * own sums.
 */
export class BusyTime {
  #count = 0
  /** what one that had been there all the time would have by now (ms) */
  #each = 0
  #until = 0

  /** @param now monotonic ms, never less than before */
  begin(now: number): InHand {
    this.#goOn(now)
    this.#count += 1
    const before = this.#each
    let ended = false
    return {
      end: (at) => {
        if (ended) return 0
        ended = true
        this.#goOn(at)
        this.#count -= 1
        return this.#each - before
      },
    }
  }

  #goOn(now: number): void {
    if (this.#count > 0) this.#each += Math.max(0, now - this.#until) / this.#count
    this.#until = now
  }
}
