import type { FleetJob } from '../infra/ports/fleet-jobs.ts'

/** `unknown`: time that passed and that nothing accounts for. */
export const JOB_HOPS = ['store', 'queue', 'fetch', 'decode', 'batch-wait', 'infer', 'unknown'] as const
export type JobHop = (typeof JOB_HOPS)[number]

/** One bar of a job's waterfall. */
export interface HopTime {
  readonly hop: JobHop
  /** from when its pictures began to be stored */
  readonly startMs: number
  readonly durationMs: number
}

/** What a worker does one after the other; of a batch they may overlap, which the row does not tell. */
const RUN_HOPS = [
  ['fetch', 'fetchMs'],
  ['decode', 'decodeMs'],
  ['batch-wait', 'batchWaitMs'],
  ['infer', 'inferMs'],
] as const

/** A microsecond is finer than any clock here; what is less is an error of arithmetic. */
const rounded = (ms: number): number => Math.round(ms * 1_000) / 1_000

/** All instants of a row are by one clock; one that stepped back in between must not make a bar of less than nothing. */
const between = (from: number, until: number): number => Math.max(0, until - from)

/**
 * Where the time of a job went, bar by bar, each beginning where the one before ended. The last attempt is what is known:
 * those before it, and the waiting between them, are part of its `queue`. Pure.
 * @param now epoch ms by the clock of the rows: a job that is not over has come so far
 */
export const jobHops = (job: FleetJob, now: number): readonly HopTime[] => {
  const { timings, createdAt, startedAt, finishedAt } = job
  const hops: HopTime[] = []
  let at = 0
  const add = (hop: JobHop, durationMs: number): void => {
    hops.push({ hop, startMs: rounded(at), durationMs: rounded(durationMs) })
    at += durationMs
  }
  if (timings.storeMs !== undefined) add('store', timings.storeMs)
  add('queue', between(createdAt, startedAt ?? finishedAt ?? now))
  if (startedAt === null) return hops
  const runMs = between(startedAt, finishedAt ?? now)
  const start = at
  for (const [hop, name] of RUN_HOPS) {
    const ms = timings[name]
    if (ms !== undefined) add(hop, ms)
  }
  const restMs = rounded(runMs - (at - start))
  if (restMs > 0) add('unknown', restMs)
  return hops
}
