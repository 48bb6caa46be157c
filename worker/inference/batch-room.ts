/** So many batches of the present size must have fitted before a larger one is tried again. */
const TRUST_COUNT = 50

/**
 * How many items a device takes at once. It is not asked, it shows: what did not fit is halved. Who had the memory may have
 * gone, so what fitted often enough is doubled again.
 */
export interface BatchRoom {
  readonly mostItems: number
  /** so many items did not fit. @param itemCount at least 2 */
  short(itemCount: number): void
  /** a batch as large as the room fitted */
  fitted(): void
}

/** A room that nothing is known of yet: everything may fit. */
export const createBatchRoom = (): BatchRoom => {
  let mostItems = Number.POSITIVE_INFINITY
  let fittedCount = 0
  return {
    get mostItems() {
      return mostItems
    },
    short(itemCount) {
      mostItems = Math.max(1, Math.floor(itemCount / 2))
      fittedCount = 0
    },
    fitted() {
      if (!Number.isFinite(mostItems)) return
      fittedCount += 1
      if (fittedCount < TRUST_COUNT) return
      mostItems *= 2
      fittedCount = 0
    },
  }
}
