/** After so much time in the model what was measured before counts half. */
const HALF_LIFE_MS = 5_000

/** How many jobs a second the model could do if it never had to wait for one. */
export interface ServiceRate {
  /** a batch has run */
  ran(count: number, ms: number): void
  /** at the batch sizes of late; 0 = nothing has run yet */
  perSecond(): number
}

/** @param slotCount batches that run side by side */
export const createServiceRate = (slotCount: number): ServiceRate => {
  let jobCount = 0
  let busyMs = 0
  return {
    ran(count, ms) {
      const kept = 0.5 ** (ms / HALF_LIFE_MS)
      jobCount = jobCount * kept + count
      busyMs = busyMs * kept + ms
    },
    perSecond: () => (busyMs > 0 ? (jobCount * 1000 * slotCount) / busyMs : 0),
  }
}
