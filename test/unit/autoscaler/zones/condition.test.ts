import { describe, expect, it } from 'vitest'
import { conditionOf } from '../../../../autoscaler/zones/condition.ts'
import type { ZoneState } from '../../../../infra/domain/zones.ts'

const START = 1_700_000_000_000
const BOOT_MS = 100_000
const MINUTE_MS = 60_000

/** Looks at a zone, one after the other: seconds since the start, nodes asked for, placed and running. */
const follow = (looks: readonly (readonly [number, desired: number, placed: number, running: number])[]) => {
  let state: ZoneState | undefined
  return looks.map(([seconds, desiredCount, placedCount, runningCount]) => {
    const counts = { desiredCount, placedCount, runningCount, readyCount: undefined, bounds: undefined }
    state = conditionOf(state, { zone: 'a', ...counts }, { at: START + seconds * 1_000, bootMs: BOOT_MS })
    return state
  })
}
const conditions = (...looks: Parameters<typeof follow>[0]) => follow(looks).map(({ condition }) => condition)

describe('the condition of a zone', () => {
  it('is short when nodes have not come for one and a half boots, and none came meanwhile', () => {
    expect(conditions([0, 2, 2, 2], [30, 5, 2, 2], [180, 5, 2, 2], [181, 5, 2, 2])).toEqual([
      ...['well', 'well', 'well', 'short'],
    ])
  })

  it('is well while nodes come, be it slowly, and while more are asked for all the time', () => {
    expect(conditions([0, 9, 0, 0], [140, 9, 1, 1], [280, 9, 2, 2], [420, 12, 3, 3])).not.toContain('short')
    expect(conditions([0, 3, 2, 2], [100, 4, 2, 2], [151, 5, 2, 2]).at(-1)).toBe('short')
  })

  it('is short where nodes have a place and do not run', () => {
    expect(conditions([0, 3, 3, 2], [151, 3, 3, 2]).at(-1)).toBe('short')
  })

  it('is lost when all that ran are gone for 20 s, and not for a slip', () => {
    expect(conditions([0, 3, 3, 3], [30, 3, 3, 0], [49, 3, 3, 0], [50, 3, 0, 0]).slice(1)).toEqual([
      ...['well', 'well', 'lost'],
    ])
    expect(conditions([0, 3, 3, 3], [30, 3, 3, 0], [40, 3, 3, 3], [60, 3, 3, 0])).not.toContain('lost')
  })

  it('is not lost when it was asked for nothing, or never ran any', () => {
    expect(conditions([0, 3, 3, 3], [30, 0, 0, 0], [90, 0, 0, 0])).toEqual(['well', 'well', 'well'])
    expect(conditions([0, 3, 0, 0], [60, 3, 0, 0]).at(-1)).toBe('well')
  })

  it('is well again when more run than when it was found short, and not when it is asked for fewer', () => {
    const short = [
      [0, 5, 3, 3],
      [151, 5, 3, 3],
    ] as const
    expect(conditions(...short, [200, 3, 3, 3]).at(-1)).toBe('short')
    expect(conditions(...short, [200, 2, 2, 2], [230, 2, 2, 2]).at(-1)).toBe('short')
    expect(conditions(...short, [200, 5, 4, 4]).at(-1)).toBe('well')
  })

  it('is well again when it is tried and nothing more was wanted of it for as long as a node would take to come', () => {
    const tried = [
      [0, 5, 3, 3],
      [151, 5, 3, 3],
      [160, 2, 2, 2],
      [760, 2, 2, 2],
    ] as const
    expect(conditions(...tried).slice(-2)).toEqual(['short', 'tried'])
    expect(conditions(...tried, [910, 2, 2, 2]).at(-1)).toBe('tried')
    expect(conditions(...tried, [911, 2, 2, 2]).at(-1)).toBe('well')
    expect(conditions(...tried, [790, 3, 2, 2], [939, 3, 2, 2]).at(-1)).toBe('tried')
    expect(conditions(...tried, [790, 3, 2, 2], [941, 3, 2, 2]).at(-1)).toBe('short')
  })

  it('is tried after ten minutes, and after twice as long each time it was in vain', () => {
    const looks: (readonly [number, number, number, number])[] = [[0, 5, 3, 3]]
    const tries: number[] = []
    for (let seconds = 151, before = ''; seconds < 20_000; seconds += 30) {
      // One is asked for beside those that run while it is tried.
      looks.push([seconds, before === 'tried' ? 4 : 3, 3, 3])
      if (looks.length === 2) looks[1] = [151, 5, 3, 3]
      const now = follow(looks).at(-1)?.condition ?? ''
      if (now === 'tried' && before !== 'tried') tries.push(seconds)
      before = now
    }
    const minutes = tries.slice(1).map((at, index) => (at - (tries[index] as number)) / 60)
    // With the time it takes to see that a try was in vain.
    const gaps = minutes.map((gap) => Math.floor(gap / 20) * 20)
    expect(gaps.slice(0, 3)).toEqual([20, 40, 60])
    expect(new Set(gaps.slice(3))).toEqual(new Set([60]))
  })

  it('remembers since when, and when it is tried', () => {
    const [, short] = follow([
      [0, 5, 3, 3],
      [151, 5, 3, 3],
    ])
    expect(short).toMatchObject({ since: START, retryAt: START + 151_000 + 10 * MINUTE_MS, base: 3 })
  })
})
