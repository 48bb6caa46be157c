import { expect, it } from 'vitest'
import { keepMinutes } from '../../../../autoscaler/keep-minutes.ts'
import type { MinutePart } from '../../../../infra/ports/minute-store.ts'
import { startAutoscalerApp } from '../../../fixtures/autoscaler-app.ts'
import { durations, sumsOf } from '../../../fixtures/minutes.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const iso = (ms: number): string => new Date(ms).toISOString()
/** Of today, as far as minutes are concerned: the day before is kept otherwise. */
const BEGIN = Math.floor(Date.now() / HOUR_MS - 2) * HOUR_MS
const HOUR = `since=${iso(BEGIN)}&until=${iso(BEGIN + HOUR_MS)}`

const start = async () => {
  const { ask, deps } = await startAutoscalerApp()
  const tell = (parts: readonly Omit<MinutePart, 'pool'>[]) =>
    deps.minutes.tell({
      ...{ source: crypto.randomUUID(), number: 1, now: Date.now() },
      parts: parts.map((part) => ({ ...part, pool: 'checks' })),
    })
  const minutes = async (query = HOUR) => (await ask('GET', `/v1/pools/checks/minutes?${query}`)).body
  return { ask, deps, tell, minutes }
}
const count = (counted: number, total = 0) => ({ count: counted, total, most: total })

it('tells what happened in a minute', async () => {
  const { deps, tell, minutes } = await start()
  await deps.demand.put('api-1', [{ pool: 'checks', minute: BEGIN, offeredCount: 12, refusedCount: 1 }], BEGIN)
  const at = BEGIN
  await tell([
    { at, series: 'answered/succeeded', ...count(9) },
    { at, series: 'answered/refused', ...count(1) },
    { at, series: 'wait', ...durations(100, 200, 4_000, 5_000) },
    { at, series: 'ended/succeeded', ...count(9) },
    { at, series: 'refused/overloaded', ...count(1) },
    { at, series: 'hop/fetch', ...durations(10, 30) },
    { at, series: 'hop/infer', ...durations(6_000) },
    { at, series: 'batch', count: 2, total: 5, most: 4 },
    { at, series: 'present', ...count(4, 2 * MINUTE_MS) },
    { at, series: 'busy', ...count(4, MINUTE_MS) },
    { at, series: 'slots', ...count(4, 16 * MINUTE_MS) },
    { at, series: 'in-hand', ...count(4, 2 * MINUTE_MS) },
    { at, series: 'threads', ...count(4, 2 * MINUTE_MS) },
  ])
  expect(await minutes()).toMatchObject({
    step: 1,
    objectiveMs: 3_000,
    minutes: [
      {
        at: iso(BEGIN),
        offered: 12,
        answered: { succeeded: 9, refused: 1 },
        wait: { count: 4, p50Ms: 200, p99Ms: expect.any(Number), overShare: 0.5 },
        ended: { succeeded: 9 },
        refused: { overloaded: 1 },
        hops: { fetch: { count: 2, meanMs: 20 }, infer: { count: 1, meanMs: 6_000 } },
        batchSize: { mean: 2.5, max: 4 },
        ...{ busyRatio: 0.5, fullRatio: 0.125, inferRatio: 0.05, workers: 2 },
      },
    ],
  })
})

it('tells nothing of what nobody told', async () => {
  const { tell, minutes } = await start()
  await tell([{ at: BEGIN, series: 'ended/succeeded', ...count(1) }])
  expect((await minutes()).minutes).toEqual([
    {
      ...{ at: iso(BEGIN), offered: 0, answered: {}, ended: { succeeded: 1 }, refused: {}, hops: {} },
      wait: { count: 0, p50Ms: null, p95Ms: null, p99Ms: null, overShare: null },
      ...{ batchSize: null, busyRatio: null, fullRatio: null, inferRatio: null, workers: null },
    },
  ])
})

it('makes one point of several minutes, as it is asked to', async () => {
  const { deps, tell, minutes } = await start()
  const each = [0, 4, 5].map((minute) => BEGIN + minute * MINUTE_MS)
  await tell(each.map((at) => ({ at, series: 'ended/succeeded', ...count(2) })))
  const offered = each.map((minute) => ({ pool: 'checks', minute, offeredCount: 3, refusedCount: 0 }))
  await deps.demand.put('api-1', offered, BEGIN)
  const { step, minutes: points } = await minutes(`${HOUR}&step=5`)
  expect(step).toBe(5)
  expect(points.map((one: { at: string; offered: number; ended: object }) => [one.at, one.offered, one.ended])).toEqual(
    [
      [iso(BEGIN), 6, { succeeded: 4 }],
      [iso(BEGIN + 5 * MINUTE_MS), 3, { succeeded: 2 }],
    ],
  )
})

it('has as many points for a week as a chart has room for', async () => {
  const { minutes } = await start()
  const { step } = await minutes('since=2026-11-14T09:00:00Z&until=2026-11-21T09:00:00Z&step=1')
  expect((7 * 24 * 60) / step).toBeLessThanOrEqual(1_500)
})

it('tells of days that are kept by ten minutes as much in each point as there was', async () => {
  const { deps, tell, minutes } = await start()
  const from = BEGIN - 48 * HOUR_MS
  const each = Array.from({ length: 120 }, (_, minute) => from + minute * MINUTE_MS)
  await tell(each.map((at) => ({ at, series: 'answered/succeeded', ...count(6) })))
  await keepMinutes(deps.minutes, Date.now())
  for (const query of [`since=${iso(from)}`, `since=${iso(from)}&step=7`, `since=${iso(from - 96 * HOUR_MS)}`]) {
    const { step, minutes: points } = await minutes(query)
    const seen = new Set(points.map(({ answered }: { answered: { succeeded: number } }) => answered.succeeded))
    expect([query, [...seen]]).toEqual([query, [6 * step]])
  }
})

it('looks back three hours unless told, at one pool', async () => {
  const { ask, deps } = await start()
  const now = Date.now()
  const at = now - (now % MINUTE_MS) - 60 * MINUTE_MS
  const part = { at, series: 'ended/succeeded' as const, ...count(1) }
  const parts = [
    { ...part, pool: 'checks' },
    { ...part, pool: 'papers' },
    { ...part, pool: 'checks', at: at - 180 * MINUTE_MS },
  ]
  await deps.minutes.tell({ source: 'one', number: 1, now, parts })
  expect((await ask('GET', '/v1/pools/checks/minutes')).body.minutes).toHaveLength(1)
})

it.each([
  ['more than a week', 'since=2026-11-01T00:00:00Z&until=2026-11-09T00:00:00Z'],
  ['a time that runs backwards', 'since=2026-11-02T00:00:00Z&until=2026-11-01T00:00:00Z'],
  ['what is no time', 'since=yesterday'],
  ['a step of nothing', 'step=0'],
])('refuses %s', async (_what, query) => {
  const { ask } = await start()
  expect(await ask('GET', `/v1/pools/checks/minutes?${query}`)).toMatchObject({
    status: 400,
    body: { code: 'INVALID_REQUEST' },
  })
})

it('names every hop that jobs went through, in their order', async () => {
  const { tell, minutes } = await start()
  const sums = Object.entries(sumsOf()) as [MinutePart['series'], ReturnType<typeof count>][]
  await tell(sums.map(([series, sum]) => ({ at: BEGIN, series, ...sum })))
  expect(Object.keys((await minutes()).minutes[0].hops)).toEqual(
    'admit store insert publish queue claim fetch decode batch-wait infer write reply'.split(' '),
  )
})
