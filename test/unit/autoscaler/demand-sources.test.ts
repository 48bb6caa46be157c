import { describe, expect, it } from 'vitest'
import { sourcesOf, toldUntil } from '../../../autoscaler/demand-sources.ts'

const NOW = Date.UTC(2026, 10, 21, 12)
const aSource = (ageMs: number, aheadMs = 0) => ({ source: `s${ageMs}`, ageMs, aheadMs })

describe('the sources of demand', () => {
  it('are told apart by how long they have been silent', () => {
    const all = [aSource(4_000), aSource(31_000), aSource(299_000), aSource(301_000)]
    expect(sourcesOf(all, 0)).toEqual({ count: 4, silentCount: 2, heardMs: 4_000, clockSkewMs: 0 })
  })

  it('may be none', () => {
    expect(sourcesOf([], 0)).toEqual({ count: 0, silentCount: 0, heardMs: undefined, clockSkewMs: 0 })
  })

  it('have clocks, as this process has: the most wrong one counts', () => {
    expect(sourcesOf([aSource(0, -40_000), aSource(0, 20_000)], 1_000).clockSkewMs).toBe(40_000)
    expect(sourcesOf([aSource(0, 1_000)], -90_000).clockSkewMs).toBe(90_000)
  })
})

describe('demand is known', () => {
  it.each([
    ['until the slowest of those who tell did', [4_000, 9_000, 200_000], 9_000],
    ['until the last word of all when nobody tells any more', [40_000, 900_000], 40_000],
  ])('%s', (_what, ages, agoMs) => {
    expect(
      toldUntil(
        ages.map((ageMs) => aSource(ageMs)),
        NOW,
      ),
    ).toBe(NOW - agoMs)
  })

  it('never, when nobody ever told', () => {
    expect(toldUntil([], NOW)).toBeUndefined()
  })
})
