/** How one worker process came up. Instants are epoch ms by the database's clock; null = not yet. */
export interface WorkerStart {
  readonly workerId: string
  readonly pool: string
  readonly startedAt: number
  /** models are loaded and it takes jobs */
  readonly readyAt: number | null
  readonly firstJobAt: number | null
  /** null until it is ready */
  readonly device: string | null
}

/**
 * When workers came up: with the instant a node was asked for, this is how long a boot takes.
 * @throws UnavailableError; nobody waits for this: a worker that cannot write it works all the same
 */
export interface BootRecord {
  /** @param agoMs since then */
  started(workerId: string, pool: string, agoMs: number): Promise<void>
  /** @param device its models run on: `cpu`, `cuda`, ... */
  ready(workerId: string, device: string): Promise<void>
  /** its first job is finished */
  firstJob(workerId: string): Promise<void>
  /** newest first @param since epoch ms */
  starts(pool: string, since: number, limit: number): Promise<readonly WorkerStart[]>
  /** @param before epoch ms @returns rows removed */
  forget(before: number): Promise<number>
}
