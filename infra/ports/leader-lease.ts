/** Who leads. A term is higher than every term before it, and is one leader's own. */
export type Lead =
  | { readonly kind: 'leading'; readonly term: number }
  | { readonly kind: 'following'; readonly holder: string; readonly remainingMs: number }

/**
 * One of several processes leads, by the database's clock. Who cannot renew leads no longer once its time is over, whether
 * it knows or not: so what a leader does must also be refused elsewhere when somebody else did something meanwhile.
 * @throws UnavailableError
 */
export interface LeaderLease {
  /** Begin to lead, or go on. The term stays the same as long as nobody else led meanwhile. */
  hold(name: string, holder: string, ttlMs: number): Promise<Lead>
  /** Let another lead at once. Nothing happens where somebody else leads. */
  release(name: string, holder: string): Promise<void>
}
