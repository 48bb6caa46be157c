import type { Timings } from '../infra/domain/job.ts'
import type { FleetJob } from '../infra/ports/fleet-jobs.ts'

/** `run`: in a worker's hand, and it did not tell of its hops; `unknown`: time that passed and that nothing accounts for. */
export const JOB_HOPS = [
  'admit',
  'store',
  'insert',
  'queue',
  'claim',
  'fetch',
  'decode',
  'batch-wait',
  'infer',
  'write',
  'run',
  'unknown',
] as const
export type JobHop = (typeof JOB_HOPS)[number]

/** One bar of a job's waterfall. */
export interface HopTime {
  readonly hop: JobHop
  /** from when its request came; where the row does not tell, from what it tells first */
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

/** A stretch of time by the clock of the rows. Others measured what is in it: all they say together is never more than it. */
const stretchOf = (ms: number) => {
  let restMs = ms
  return {
    take(wantedMs = 0): number {
      const takenMs = Math.min(Math.max(0, wantedMs), restMs)
      restMs -= takenMs
      return takenMs
    },
    rest: (): number => restMs,
  }
}

type Bars = readonly (readonly [hop: JobHop, ms: number])[]

/** @param ms undefined = nobody told of it */
const bar = (hop: JobHop, ms: number | undefined): Bars => (ms === undefined ? [] : [[hop, Math.max(0, ms)]])

/** The hops of a worker in so much of its time. */
const partsOf = (told: Timings, ms: number): Bars => {
  const work = stretchOf(ms)
  const parts = RUN_HOPS.flatMap(([hop, name]) => {
    const partMs = told[name]
    return bar(hop, partMs === undefined ? undefined : work.take(partMs))
  })
  const restMs = work.rest()
  return [...parts, ...(rounded(restMs) > 0 ? bar(parts.length === 0 ? 'run' : 'unknown', restMs) : [])]
}

/**
 * From the mark that a job runs until it is over. Of the claim its end is in here; what of it is not, was the last of the wait.
 * What nobody told of went by between here and the database, mostly until the outcome was in the row.
 */
const runOf = (told: Timings, runMs: number) => {
  const { workMs, claimMs, writeMs } = told
  if (workMs === undefined) return { claimedMs: 0, bars: partsOf(told, runMs) }
  const run = stretchOf(runMs)
  const parts = partsOf(told, run.take(workMs))
  const writtenMs = run.take(writeMs)
  const claimedMs = run.take(claimMs)
  return { claimedMs, bars: [...parts, ...bar('write', writtenMs + run.rest())] }
}

/** A worker's word is in the row once the job is over. Of a canceled one nothing is kept: what is there is of a run before. */
const toldOf = ({ state, startedAt, finishedAt, timings }: FleetJob): Timings =>
  startedAt === null || finishedAt === null || state === 'canceled' ? {} : timings

const barsOf = (job: FleetJob, now: number): Bars => {
  const { createdAt, startedAt, finishedAt } = job
  const { admitMs, storeMs, insertMs } = job.timings
  const told = toldOf(job)
  const wait = stretchOf(between(createdAt, startedAt ?? finishedAt ?? now))
  const run = startedAt === null ? undefined : runOf(told, between(startedAt, finishedAt ?? now))
  // The row's first instant is within its insert, and its second within its claim: a part of each lies on either side.
  const committedMs = told.commitMs === undefined ? undefined : wait.take(told.commitMs)
  const claimedMs =
    told.claimMs === undefined || !run ? undefined : run.claimedMs + wait.take(told.claimMs - run.claimedMs)
  const isInsertTold = insertMs !== undefined || committedMs !== undefined
  return [
    ...bar('admit', admitMs),
    ...bar('store', storeMs),
    ...bar('insert', isInsertTold ? Math.max(0, insertMs ?? 0) + (committedMs ?? 0) : undefined),
    ...bar('queue', wait.rest()),
    ...bar('claim', claimedMs),
    ...(run?.bars ?? []),
  ]
}

/**
 * Where the time of a job went, bar by bar, each beginning where the one before ended, from its request to its end or to now. The
 * last attempt is what is known: those before it, and the waiting between them, are part of its `queue`. Pure.
 * @param now epoch ms by the clock of the rows: a job that is not over has come so far
 */
export const jobHops = (job: FleetJob, now: number): readonly HopTime[] => {
  let at = 0
  return barsOf(job, now).map(([hop, ms]) => {
    const startMs = at
    at += ms
    return { hop, startMs: rounded(startMs), durationMs: rounded(ms) }
  })
}
