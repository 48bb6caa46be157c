/** The stations of a job's way, in order. Their histograms tell which one holds it up. */
export const HOPS = [
  'admit',
  'store',
  'insert',
  'publish',
  'queue',
  'claim',
  'fetch',
  'decode',
  'batch-wait',
  'infer',
  'write',
  'reply',
] as const
export type Hop = (typeof HOPS)[number]
