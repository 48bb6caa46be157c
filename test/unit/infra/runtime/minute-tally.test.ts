import { describe, expect, it } from 'vitest'
import { createMetrics } from '../../../../infra/runtime/metrics.ts'
import { createMinuteTally } from '../../../../infra/runtime/minute-tally.ts'
import { durations } from '../../../fixtures/minutes.ts'

const MINUTE_MS = 60_000
const NOON = Date.UTC(2026, 10, 21, 12)

const start = () => {
  const clock = { at: NOON + 5_000, now: () => clock.at }
  const tally = createMinuteTally(clock, (task) =>
    task === 'face-match' ? 'faces' : task === 'ocr' ? 'ocr' : undefined,
  )
  const { metrics: own, registry } = createMetrics('test')
  const taken = (count = 100) =>
    tally.take(count).map(({ at, pool, series, ...sum }) => [at, pool, series, sum] as const)
  return { clock, tally, metrics: tally.tap(own), registry, taken }
}

describe('the tap', () => {
  it('adds up hops and waits with their durations, by pool', () => {
    const { metrics, taken } = start()
    metrics.hop('fetch', 'ocr', 12)
    metrics.hop('fetch', 'ocr', 4_000)
    metrics.hop('fetch', 'face-match', 7)
    metrics.check('ocr', 'succeeded', 350)
    metrics.check('ocr', 'waiting', 10_000)
    expect(taken()).toEqual([
      [NOON, 'ocr', 'hop/fetch', durations(12, 4_000)],
      [NOON, 'ocr', 'answered/succeeded', { count: 1, total: 350, most: 350, buckets: undefined }],
      [NOON, 'ocr', 'wait', durations(350, 10_000)],
      [NOON, 'ocr', 'answered/waiting', { count: 1, total: 10_000, most: 10_000, buckets: undefined }],
      [NOON, 'faces', 'hop/fetch', durations(7)],
    ])
  })

  it('leaves out time in a hop that holds nobody up, and tells it to the metrics', async () => {
    const { metrics, registry, taken } = start()
    metrics.hop('queue', 'ocr', 3_600_000, false)
    metrics.hop('queue', 'ocr', 20, true)
    expect(taken()).toEqual([[NOON, 'ocr', 'hop/queue', durations(20)]])
    expect(await registry.metrics()).toMatch(/muster_hop_duration_seconds_count\{[^}]*hop="queue"[^}]*\} 2/)
  })

  it('counts who was sent away or goes at once, and not as one who waited', () => {
    const { metrics, taken } = start()
    for (const answered of ['accepted', 'refused', 'over-quota', 'invalid', 'error'] as const)
      metrics.check('ocr', answered, 3)
    expect(taken().map(([, , series]) => series)).toEqual([
      'answered/accepted',
      'answered/refused',
      'answered/over-quota',
      'answered/invalid',
      'answered/error',
    ])
  })

  it('adds up batches, how jobs ended and why there was none; other counters are not of a pool', () => {
    const { metrics, taken } = start()
    metrics.batch('ocr', 3)
    metrics.batch('ocr', 1)
    metrics.count('jobs_finished', { task: 'ocr', reason: 'succeeded' })
    metrics.count('jobs_refused', { task: 'ocr', reason: 'overloaded' }, 2)
    metrics.count('jobs_finished', { reason: 'canceled' })
    metrics.count('deliveries', { task: 'ocr', reason: 'claimed' })
    const count = (counted: number) => ({ count: counted, total: 0, most: 0, buckets: undefined })
    expect(taken()).toEqual([
      [NOON, 'ocr', 'batch', { count: 2, total: 4, most: 3, buckets: undefined }],
      [NOON, 'ocr', 'ended/succeeded', count(1)],
      [NOON, 'ocr', 'refused/overloaded', count(2)],
    ])
  })

  it('says everything to the metrics themselves, too', async () => {
    const { metrics, registry } = start()
    metrics.hop('fetch', 'no-such-task', 12)
    metrics.check('ocr', 'succeeded', 3)
    metrics.batch('ocr', 2)
    metrics.count('jobs_finished', { task: 'ocr', reason: 'succeeded' })
    metrics.gauge('muster_of_a_test', 'of a test', () => 7)
    const text = await registry.metrics()
    expect(text).toMatch(/muster_hop_duration_seconds_count\{[^}]*hop="fetch",task="no-such-task"[^}]*\} 1/)
    expect(text).toMatch(/muster_check_duration_seconds_count\{[^}]*answered="succeeded"[^}]*\} 1/)
    expect(text).toMatch(/muster_batch_size_count\{[^}]*task="ocr"[^}]*\} 1/)
    expect(text).toMatch(/muster_jobs_finished_total\{[^}]*reason="succeeded"[^}]*\} 1/)
    expect(text).toContain('muster_of_a_test{service="test"} 7')
  })

  it('tells of a pool of several tasks what is of each, too: what depends on its pictures and its model', () => {
    const tally = createMinuteTally(
      { now: () => NOON },
      (task) => (task === 'ocr' ? 'texts' : 'faces'),
      (pool) => pool === 'faces',
    )
    const metrics = tally.tap(createMetrics('test').metrics)
    for (const task of ['liveness', 'face-match', 'ocr']) {
      metrics.hop('infer', task, 40)
      metrics.hop('claim', task, 4)
      metrics.batch(task, 2)
    }
    metrics.hop('fetch', 'liveness', 9_000, false)
    const told = tally.take(1).filter(({ series }) => series.startsWith('task/'))
    const sum = (value: number) => ({ count: 1, total: value, most: value, buckets: undefined })
    expect(told).toEqual([
      { at: NOON, pool: 'faces', series: 'task/liveness/infer', ...sum(40) },
      { at: NOON, pool: 'faces', series: 'task/liveness/batch', ...sum(2) },
      { at: NOON, pool: 'faces', series: 'task/face-match/infer', ...sum(40) },
      { at: NOON, pool: 'faces', series: 'task/face-match/batch', ...sum(2) },
    ])
  })

  it('leaves out what belongs to no pool', () => {
    const { metrics, taken } = start()
    metrics.hop('fetch', 'liveness', 12)
    expect(taken()).toEqual([])
  })
})

describe('what was counted', () => {
  it('is taken once, oldest minutes first', () => {
    const { clock, tally, taken } = start()
    for (let minute = 0; minute < 3; minute += 1) {
      clock.at = NOON + minute * MINUTE_MS
      tally.spend('ocr', 'busy', 1_000)
    }
    expect(taken(2).map(([at]) => (at - NOON) / MINUTE_MS)).toEqual([0, 1])
    tally.spend('ocr', 'busy', 500)
    expect(taken(2)).toEqual([
      [NOON + 2 * MINUTE_MS, 'ocr', 'busy', { count: 2, total: 1_500, most: 1_000, buckets: undefined }],
    ])
    expect(taken(2)).toEqual([])
  })

  it('of a minute that was taken is counted on its own after that', () => {
    const { tally, taken } = start()
    tally.spend('ocr', 'busy', 1_000)
    taken()
    tally.spend('ocr', 'busy', 7)
    expect(taken().map(([, , , { total }]) => total)).toEqual([7])
  })

  it('is bounded while nobody takes it: the oldest minutes go', () => {
    const { clock, tally, taken } = start()
    for (let minute = 0; minute < 300; minute += 1) {
      clock.at = NOON + minute * MINUTE_MS
      tally.spend('ocr', 'busy', 1)
    }
    const minutes = taken(1_000).map(([at]) => (at - NOON) / MINUTE_MS)
    expect([minutes.length, minutes[0], minutes.at(-1)]).toEqual([240, 60, 299])
  })

  it('is bounded in its names', () => {
    const { metrics, taken } = start()
    for (let code = 0; code < 1_000; code += 1) metrics.count('jobs_finished', { task: 'ocr', reason: `CODE_${code}` })
    expect(taken()).toHaveLength(200)
  })
})
