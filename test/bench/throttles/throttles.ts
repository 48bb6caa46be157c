import type { Cause } from '../../../infra/domain/bottleneck-cause.ts'
import type { Hop } from '../../../infra/domain/hop.ts'
import type { Levers } from './levers.ts'

/** What one hop is made to suffer, and what the verdict has to be. */
export interface Throttle {
  readonly name: string
  readonly hops: readonly Hop[]
  readonly cause: Cause
  readonly set?: (levers: Levers) => void
  /** the wire to the database, each way (ms) */
  readonly wireMs?: number
  /** how long the model takes for a batch; a few ms unless told */
  readonly modelMs?: number
  /** between the halves of a body */
  readonly pauseMs?: number
  /** variables of the worker, which is started anew; none = there is no worker */
  readonly worker?: Readonly<Record<string, string>> | 'none'
  /** jobs are not waited for: nothing becomes of them */
  readonly stuck?: true
}

/** A job is done in some tens of milliseconds here: this is far beyond what is usual, and soon over. */
const SLOW_MS = 500

const slow = (call: keyof Levers['slow']) => (levers: Levers) => {
  levers.slow[call] = SLOW_MS
}

/** Every hop in turn. The database's wire comes last: it is cut when it is fair again. */
export const THROTTLES: readonly Throttle[] = [
  { name: 'callers send slowly', hops: ['admit'], cause: 'slow-callers', pauseMs: SLOW_MS },
  { name: 'storage writes slowly', hops: ['store'], cause: 'slow-storage', set: slow('blobs.put') },
  { name: 'inserts are slow', hops: ['insert'], cause: 'slow-database', set: slow('jobs.insert') },
  { name: 'the broker confirms slowly', hops: ['publish'], cause: 'slow-broker', set: slow('queue.publish') },
  { name: 'claims are slow', hops: ['claim'], cause: 'slow-database', set: slow('jobs.claim') },
  { name: 'storage reads slowly', hops: ['fetch'], cause: 'slow-storage', set: slow('blobs.get') },
  { name: 'decoding is slow', hops: ['decode'], cause: 'slow-decoding', set: slow('codec.decode') },
  { name: 'the model is slow', hops: ['infer'], cause: 'slow-model', modelMs: 400 },
  { name: 'outcomes are written slowly', hops: ['write'], cause: 'slow-database', set: slow('jobs.finish') },
  { name: 'wake-ups come late', hops: ['reply'], cause: 'slow-broker', set: slow('queue.complete') },
  {
    ...{ name: 'messages do not reach the workers', hops: ['queue'], cause: 'idle-workers', stuck: true },
    set: (levers) => {
      levers.held = true
    },
  },
  {
    ...{ name: 'batches gather for long', hops: ['batch-wait'], cause: 'long-gathering' },
    worker: { WORKER_BATCH_MAX: '64', WORKER_BATCH_DELAY_MS: '800' },
  },
  {
    ...{ name: 'there are too few workers', hops: ['queue'], cause: 'few-workers', modelMs: 120 },
    worker: { WORKER_BATCH_MAX: '1' },
  },
  { name: 'there is no worker', hops: ['queue'], cause: 'no-workers', worker: 'none', stuck: true },
  {
    ...{ name: 'the wire to the database is slow', cause: 'slow-database', wireMs: 120 },
    hops: ['insert', 'claim', 'write'],
  },
]
