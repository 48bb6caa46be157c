import { HOPS, type Hop } from './hop.ts'

/** What can hold jobs up. */
export const CAUSES = [
  'slow-callers',
  'busy-api',
  'slow-storage',
  'slow-database',
  'slow-broker',
  'slow-decoding',
  'long-gathering',
  'slow-model',
  'few-workers',
  'idle-workers',
  'no-workers',
] as const
export type Cause = (typeof CAUSES)[number]

const CAUSE_OF: Readonly<Record<Exclude<Hop, 'queue'>, Cause>> = {
  admit: 'slow-callers',
  store: 'slow-storage',
  insert: 'slow-database',
  publish: 'slow-broker',
  claim: 'slow-database',
  fetch: 'slow-storage',
  decode: 'slow-decoding',
  'batch-wait': 'long-gathering',
  infer: 'slow-model',
  write: 'slow-database',
  reply: 'slow-broker',
}
/** Hops of the api, each with those of workers that go to the same server. */
const API_HOPS: Partial<Readonly<Record<Hop, readonly Hop[]>>> = {
  ...{ store: ['fetch'], insert: ['claim', 'write'], publish: [], reply: [] },
}
/** So many servers are not slow at once: their caller is. */
const AT_ONCE_COUNT = 3

/**
 * The causes of hops, by all of them together: an api that is short of processor time finds everything slow that it waits for.
 * @param isSlow does the hop take more than usual?
 */
export const causesOf = (isSlow: (hop: Hop) => boolean): ((hop: Exclude<Hop, 'queue'>) => Cause) => {
  const slow = HOPS.filter((hop) => API_HOPS[hop] && isSlow(hop) && !API_HOPS[hop].some(isSlow))
  const ofApi = new Set(slow.length >= AT_ONCE_COUNT ? slow : [])
  return (hop) => (ofApi.has(hop) ? 'busy-api' : CAUSE_OF[hop])
}
