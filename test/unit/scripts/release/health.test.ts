import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMetrics } from '../../../../infra/runtime/metrics.ts'
import { between, type Health, healthOf, LIMITS, readCounts, worseThan } from '../../../../scripts/release/health.ts'

const countsOf = async (act: (metrics: ReturnType<typeof createMetrics>['metrics']) => void) => {
  const { metrics, registry } = createMetrics('api')
  act(metrics)
  return readCounts(await registry.metrics())
}
const aHealth = (over: Partial<Health> = {}): Health => ({
  endedCount: 100,
  errorRatio: 0,
  p95: { queue: 0.1 },
  ...over,
})

describe('what processes count', () => {
  it('tells how many ended, how many by our fault, and how long the slowest waited', async () => {
    const counts = await countsOf((metrics) => {
      for (let index = 0; index < 90; index += 1) metrics.hop('queue', 'ocr', 40)
      for (let index = 0; index < 10; index += 1) metrics.hop('queue', 'liveness', 700)
      metrics.hop('reply', 'ocr', 60_000)
      metrics.count('jobs_finished', { task: 'ocr', reason: 'succeeded' }, 90)
      metrics.count('jobs_finished', { task: 'ocr', reason: 'NO_FACE' }, 4)
      metrics.count('jobs_finished', { task: 'ocr', reason: 'expired' }, 3)
      metrics.count('jobs_refused', { task: 'ocr', reason: 'unavailable' }, 2)
      metrics.count('jobs_refused', { task: 'ocr', reason: 'rate_limited' }, 1)
    })
    expect(healthOf(counts)).toEqual({ endedCount: 100, errorRatio: 0.05, p95: { queue: 0.75 } })
  })

  it('is a number also where all took longer than anybody measures', async () => {
    const counts = await countsOf((metrics) => metrics.hop('infer', 'ocr', 3_600_000))
    expect(healthOf(counts).p95).toEqual({ infer: 60 })
  })

  it('is nothing where nothing was counted', async () => {
    expect(healthOf(await countsOf(() => {}))).toEqual({ endedCount: 0, errorRatio: 0, p95: {} })
  })

  it('is what came since the look before, also of one that began anew or is new', () => {
    const look = (entries: Readonly<Record<string, number>>) =>
      new Map(Object.entries(entries).map(([address, n]) => [address, new Map([['x ', n]])]))
    const since = between(look({ same: 5, again: 9, gone: 3 }), look({ same: 7, again: 4, fresh: 10 }))
    expect(since.get('x ')).toBe(2 + 4 + 10)
  })
})

describe('a release', () => {
  it.each([
    ['more errors', { errorRatio: 0.02 }, /^2\.0 % end by a fault of ours, were 0\.0 %/],
    ['longer waits', { p95: { queue: 0.75 } }, /^p95 of queue is 0\.75 s, was 0\.1 s/],
  ])('with %s is worse', (_what, over, words) => {
    expect(worseThan(aHealth(), aHealth(over))).toEqual([expect.stringMatching(words)])
  })

  it.each([
    ['a step of the histogram', { p95: { queue: 0.25 } }],
    ['a hop that was not seen before', { p95: { infer: 9 } }],
    ['fewer than tell something', { endedCount: LIMITS.leastCount - 1, errorRatio: 1 }],
  ])('is not worse by %s', (_what, over) => {
    expect(worseThan(aHealth(), aHealth(over))).toEqual([])
  })

  it('is never worse than itself', () => {
    const health = fc.record({
      endedCount: fc.nat(),
      errorRatio: fc.double({ min: 0, max: 1, noNaN: true }),
      p95: fc.dictionary(fc.constantFrom('queue', 'infer'), fc.double({ min: 0, max: 60, noNaN: true })),
    })
    fc.assert(
      fc.property(health, (one) => {
        expect(worseThan(one, one)).toEqual([])
      }),
    )
  })
})
