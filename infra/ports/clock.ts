/** Where time comes from. Pure code takes `now` as an argument; only the edge holds a clock. */
export interface Clock {
  /** epoch ms, this machine's wall clock; never compared with the database's */
  now(): number
  /** ms since an arbitrary start; for durations */
  monotonic(): number
}
