import type { DueJob } from './retention-store.ts'

/** What an erasure is about: one job, or everything under the caller's reference to a person. */
export type ErasureScope = { readonly jobId: string } | { readonly subjectSha256: string }

/** The receipt of an erasure. Instants are epoch ms by the database's clock. */
export interface Erasure {
  readonly id: string
  readonly tenant: string
  readonly requestedAt: number
  /** null while something may still be there */
  readonly completedAt: number | null
  readonly jobCount: number
  readonly pictureCount: number
  /** jobs of it that a legal hold keeps: they are erased when that is lifted */
  readonly heldCount: number
}

/** A job that an erasure has made forget everything. */
export interface ErasedJob extends DueJob {
  /** it was not over: now it is canceled */
  readonly wasOpen: boolean
}

/**
 * Erasures and their receipts. An erasure is durable before anything is erased, so that it is finished whatever happens:
 * one that was not completed is handed out again. What is held is left alone, and keeps its erasure open.
 * @throws UnavailableError
 */
export interface ErasureStore {
  /** Durable when it resolves. Asked again for the same job it answers the first one. */
  open(id: string, tenant: string, scope: ErasureScope): Promise<Erasure>
  find(tenant: string, id: string): Promise<Erasure | undefined>
  /**
   * Make jobs of the erasure forget everything, those that are not over included: of a job the one, of a subject those
   * made before the erasure was asked for. @returns what is to be cleared now; fewer than `limit` = these were the last
   */
  forget(erasureId: string, limit: number, leaseMs: number): Promise<readonly ErasedJob[]>
  /** Completed once every job has forgotten and is cleared; until then the erasure as it is. */
  complete(erasureId: string): Promise<Erasure>
  /** Erasures that nobody has worked on for a while; each goes to one caller and comes again after `leaseMs`. */
  takeOpen(limit: number, leaseMs: number): Promise<readonly Erasure[]>
  /** since when the oldest one is open that does not wait for a hold, in ms; 0 = none is */
  oldestOpenMs(): Promise<number>
}
