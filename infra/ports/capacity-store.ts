/** What one node of a pool was seen to do within the objective. */
export interface CapacityMeasurement {
  readonly pool: string
  /** versions of the models that ran, as the catalog names them, sorted and joined by a comma */
  readonly models: string
  /** `cpu`, `cuda`, ...: what the workers ran on */
  readonly device: string
  readonly workersPerNode: number
  /** held for the whole of the last step */
  readonly checksPerSecond: number
  /** at that rate, and what it had to stay under */
  readonly p95Ms: number
  readonly sloMs: number
  /** epoch ms by the database's clock */
  readonly measuredAt: number
}

/** Measured capacities. @throws UnavailableError */
export interface CapacityStore {
  save(measurement: Omit<CapacityMeasurement, 'measuredAt'>): Promise<void>
  /** the newest of each pool */
  latest(): Promise<readonly CapacityMeasurement[]>
  list(pool: string, limit: number): Promise<readonly CapacityMeasurement[]>
}
