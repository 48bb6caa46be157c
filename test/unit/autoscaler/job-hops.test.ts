import fc from 'fast-check'
import { expect, it } from 'vitest'
import { jobHops } from '../../../autoscaler/job-hops.ts'
import type { FleetJob } from '../../../infra/ports/fleet-jobs.ts'

const T0 = 1_700_000_000_000
const aFleetJob = (overrides: Partial<FleetJob> = {}): FleetJob => ({
  ...{
    id: 'j',
    tenant: 't',
    task: 'ocr',
    lane: 'interactive',
    state: 'succeeded',
    attempt: 1,
    models: [],
    error: null,
  },
  ...{ thresholdSet: null, createdAt: T0, startedAt: T0 + 200, finishedAt: T0 + 500, deadline: T0 + 60_000 },
  timings: { storeMs: 20, fetchMs: 30, decodeMs: 40, batchWaitMs: 5, inferMs: 100 },
  erasedAt: null,
  ...overrides,
})
const bars = (job: FleetJob, now = T0) =>
  jobHops(job, now).map(({ hop, startMs, durationMs }) => [hop, startMs, durationMs])

it('puts the stations of a finished job one behind the other, from its request to its end', () => {
  const around = { admitMs: 7, insertMs: 3, commitMs: 5, claimMs: 4, workMs: 250, writeMs: 6 }
  expect(bars(aFleetJob({ timings: { ...aFleetJob().timings, ...around } }))).toEqual([
    ['admit', 0, 7],
    ['store', 7, 20],
    ['insert', 27, 8],
    ['queue', 35, 195],
    ['claim', 230, 4],
    ['fetch', 234, 30],
    ['decode', 264, 40],
    ['batch-wait', 304, 5],
    ['infer', 309, 100],
    ['unknown', 409, 75],
    ['write', 484, 46],
  ])
})

it.each([
  ['before the mark that it runs', { workMs: 295 }, { queue: 0, claim: 205 }],
  ['after it', { workMs: 100 }, { queue: 195, claim: 205, write: 0 }],
  ['before it, while the outcome waits to be written', { workMs: 100, writeMs: 198 }, { claim: 202, write: 198 }],
] as const)('draws a claim whole that took long %s', (_when, told, expected) => {
  const hops = jobHops(aFleetJob({ timings: { claimMs: 205, commitMs: 0, ...told } }), T0)
  expect(Object.fromEntries(hops.map(({ hop, durationMs }) => [hop, durationMs]))).toMatchObject(expected)
})

it('draws what a worker of before told, with what nothing accounts for at the end', () => {
  expect(bars(aFleetJob())).toEqual([
    ['store', 0, 20],
    ['queue', 20, 200],
    ['fetch', 220, 30],
    ['decode', 250, 40],
    ['batch-wait', 290, 5],
    ['infer', 295, 100],
    ['unknown', 395, 125],
  ])
})

it.each([
  ['waits', { startedAt: null, finishedAt: null, timings: { admitMs: 2 } }, { admit: 2, queue: 1_000 }],
  ['runs', { finishedAt: null, timings: { storeMs: 1 } }, { store: 1, queue: 200, run: 800 }],
  ['runs again', { finishedAt: null, timings: { inferMs: 9, workMs: 9, claimMs: 9 } }, { queue: 200, run: 800 }],
  ['was canceled as it ran', { state: 'canceled', timings: { inferMs: 9 } }, { queue: 200, run: 300 }],
  ['ended with its worker', { state: 'failed', timings: {} }, { queue: 200, run: 300 }],
  ['expired in the queue', { startedAt: null, finishedAt: T0 + 900, timings: {} }, { queue: 900 }],
] as const)('shows how far a job came that %s', (_what, overrides, expected) => {
  const hops = jobHops(aFleetJob(overrides), T0 + 1_000)
  expect(Object.fromEntries(hops.map(({ hop, durationMs }) => [hop, durationMs]))).toEqual(expected)
})

it('makes no bar of less than nothing, no gap, no overlap, and no more or less than the whole, whatever a row says', () => {
  const ms = fc.option(fc.double({ min: -10, max: 1e7, noNaN: true }), { nil: undefined })
  const instant = fc.option(fc.integer({ min: T0 - 1e6, max: T0 + 1e7 }), { nil: null })
  const names = ['admitMs', 'storeMs', 'insertMs', 'commitMs', 'claimMs', 'fetchMs', 'decodeMs', 'batchWaitMs'] as const
  const timings = fc.record(
    Object.fromEntries([...names, 'inferMs', 'workMs', 'writeMs'].map((name) => [name, ms])),
  ) as fc.Arbitrary<FleetJob['timings']>
  const state = fc.constantFrom('running', 'succeeded', 'canceled')
  fc.assert(
    fc.property(timings, state, instant, instant, (told, as, startedAt, finishedAt) => {
      let end = 0
      for (const { startMs, durationMs } of jobHops(
        aFleetJob({ timings: told, state: as as FleetJob['state'], startedAt, finishedAt }),
        T0,
      )) {
        expect(durationMs).toBeGreaterThanOrEqual(0)
        expect(startMs).toBeCloseTo(end, 1)
        end = startMs + durationMs
      }
      const before = [told.admitMs, told.storeMs, told.insertMs].reduce<number>(
        (sum, one = 0) => sum + Math.max(0, one),
        0,
      )
      const wait = Math.max(0, (startedAt ?? finishedAt ?? T0) - T0)
      const run = startedAt === null ? 0 : Math.max(0, (finishedAt ?? T0) - startedAt)
      expect(end).toBeCloseTo(before + wait + run, 1)
    }),
  )
})
