/** What one tenant may do and how long its data stays. Durations in ms. */
export interface TenantSettings {
  /** share of a busy pool, against the other tenants' weights */
  readonly weight: number
  /** jobs that have not ended, over all lanes and pools (count) */
  readonly maxInFlightCount: number
  /** requests that make a job, in the long run */
  readonly ratePerSecond: number
  /** requests that may come at once after a pause (count) */
  readonly burstCount: number
  readonly pictureTtlMs: number
  readonly resultTtlMs: number
}

const DAY_MS = 86_400_000

/**
 * What holds for a tenant nobody has settled anything for. The limits are far beyond one honest caller and far below what
 * takes a fleet down; the times are those of the data protection notice.
 */
export const DEFAULT_TENANT: TenantSettings = {
  weight: 1,
  maxInFlightCount: 5_000,
  ratePerSecond: 500,
  burstCount: 2_000,
  pictureTtlMs: DAY_MS,
  resultTtlMs: 30 * DAY_MS,
}
