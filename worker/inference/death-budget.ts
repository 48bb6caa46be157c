/** Counts deaths within a sliding window, so that replacing what dies cannot become a loop. */
export interface DeathBudget {
  /**
   * Note one death.
   * @param now monotonic ms
   * @returns false when this is one more than the window allows
   */
  spend(now: number): boolean
}

/** A budget of `deathCount` deaths within `windowMs`. */
export const createDeathBudget = (deathCount: number, windowMs: number): DeathBudget => {
  let deaths: readonly number[] = []
  return {
    spend(now) {
      deaths = [...deaths.filter((at) => at > now - windowMs), now]
      return deaths.length <= deathCount
    },
  }
}
