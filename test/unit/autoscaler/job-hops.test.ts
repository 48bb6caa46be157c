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

it('puts the stations of a finished job one behind the other, and what nothing accounts for at the end', () => {
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
  ['waits', { startedAt: null, finishedAt: null, timings: {} }, [['queue', 0, 1_000]]],
  [
    'runs',
    { finishedAt: null, timings: { storeMs: 1 } },
    [
      ['store', 0, 1],
      ['queue', 1, 200],
      ['unknown', 201, 800],
    ],
  ],
  ['expired in the queue', { startedAt: null, finishedAt: T0 + 900, timings: {} }, [['queue', 0, 900]]],
] as const)('shows how far a job came that %s', (_what, overrides, expected) => {
  expect(bars(aFleetJob(overrides), T0 + 1_000)).toEqual(expected)
})

it('makes no bar of less than nothing, and leaves no gap between them, whatever a row says', () => {
  const ms = fc.option(fc.double({ min: 0, max: 1e7, noNaN: true }), { nil: undefined })
  const instant = fc.option(fc.integer({ min: T0 - 1e6, max: T0 + 1e7 }), { nil: null })
  const timings = fc.record({ storeMs: ms, fetchMs: ms, decodeMs: ms, batchWaitMs: ms, inferMs: ms })
  fc.assert(
    fc.property(timings, instant, instant, (told, startedAt, finishedAt) => {
      const hops = jobHops(aFleetJob({ timings: told as FleetJob['timings'], startedAt, finishedAt }), T0)
      let end = 0
      for (const { startMs, durationMs } of hops) {
        expect(durationMs).toBeGreaterThanOrEqual(0)
        expect(startMs).toBeCloseTo(end, 1)
        end = startMs + durationMs
      }
    }),
  )
})
