import type { ErasureScope } from './erasure-store.ts'

/** What is held: one job, or everything under the caller's reference to a person, also what comes later. */
export type HoldScope = ErasureScope

/** Something must be kept until the hold is lifted. */
export interface Hold {
  readonly id: string
  readonly tenant: string
  readonly scope: HoldScope
  /** in the words of whoever placed it */
  readonly reason: string
  /** who: as in the audit trail */
  readonly placedBy: string
  /** epoch ms by the database's clock */
  readonly placedAt: number
}

/**
 * Legal holds. While one is there, retention and erasure leave what it is about alone; what was due or asked for meanwhile
 * is done when it is lifted.
 * @throws UnavailableError
 */
export interface HoldStore {
  /**
   * Durable when it resolves, and nothing that was still there is deleted from then on. Placed again it takes the new reason.
   * @returns `missing`: no such job; `erased`: there is nothing left to hold
   */
  place(hold: Omit<Hold, 'placedAt'>): Promise<'placed' | 'missing' | 'erased'>
  /** @returns whether there was one */
  lift(tenant: string, scope: HoldScope): Promise<boolean>
  /** Oldest first; of every tenant unless one is named. */
  list(tenant?: string): Promise<readonly Hold[]>
}
