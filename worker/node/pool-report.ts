/** Workers of one pool on this node, as a count each. */
export interface PoolReport {
  readonly desired: number
  /** processes that are to stay */
  readonly running: number
  /** of these, those that take jobs now */
  readonly ready: number
  /** processes on their way out, still finishing what they have in hand */
  readonly leaving: number
}
