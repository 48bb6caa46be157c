import { describe, expect, it } from 'vitest'
import { compareWindow, type DriftWindow } from '../../../../infra/domain/drift-compare.ts'
import type { DriftReference, SignalDrift } from '../../../../infra/domain/drift-evaluation.ts'
import { LEAST_COUNT } from '../../../../infra/domain/drift-mix.ts'
import type { DriftShare } from '../../../../infra/domain/drift-signals.ts'
import { driftVerdicts } from '../../../../infra/domain/drift-verdict.ts'
import type { Steps } from '../../../../infra/domain/steps.ts'
import { sharesOf } from '../../../fixtures/drift.ts'

const USUAL = { '0.50': 100, '0.60': 500, '0.70': 400 }
const LOWER = { '0.40': 100, '0.50': 500, '0.60': 400 }
const times = (scores: Readonly<Record<string, number>>, factor: number) =>
  Object.fromEntries(Object.entries(scores).map(([bin, count]) => [bin, count * factor]))

const aWindow = (
  present: readonly DriftShare[],
  before: readonly DriftShare[],
  { hours = 24, kind = 'weeks' as DriftReference['kind'] } = {},
): DriftWindow => ({ task: 'liveness', hours, present, before, reference: { kind, from: 0, until: 3_600_000 } })

/** All steps at once. */
const allOf = <Result>(steps: Steps<Result>): Result => {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}

const verdict = (windows: readonly DriftWindow[], name = 'score'): SignalDrift => {
  const compared = windows.flatMap((window) => allOf(compareWindow(window, LEAST_COUNT)))
  const found = allOf(driftVerdicts(compared)).find(({ signal }) => signal === name)
  if (!found) throw new Error(`no verdict of ${name}`)
  return found
}
const cut = ({ cuts }: SignalDrift, value: string) => cuts.find((one) => one.value === value)

describe('a signal', () => {
  it('that is as it was is well', () => {
    const { level, psi, count, referenceCount, bins } = verdict([aWindow(sharesOf(USUAL), sharesOf(times(USUAL, 4)))])
    expect({ level, psi, count, referenceCount }).toEqual({
      level: 'well',
      psi: 0,
      count: 1_000,
      referenceCount: 4_000,
    })
    expect(bins.find(({ label }) => label === '0.60')).toEqual({ label: '0.60', present: 0.5, reference: 0.5 })
  })

  it('that has moved far raises an alarm, and says so', () => {
    const moved = verdict([aWindow(sharesOf(LOWER), sharesOf(times(USUAL, 4)))])
    expect(moved.level).toBe('alarm')
    expect(moved.why).toContain('1000 jobs of 24 h against 4000 of the same hours of the weeks before: index')
  })

  it('that has moved a little is to be watched', () => {
    const present = { '0.50': 220, '0.60': 500, '0.70': 280 }
    expect(verdict([aWindow(sharesOf(present), sharesOf(times(USUAL, 40)))])).toMatchObject({ level: 'watch' })
  })

  it('that has moved no further than chance goes is well, however far that is', () => {
    const present = { '0.50': 45, '0.60': 100, '0.70': 55 }
    const { psi, level } = verdict([aWindow(sharesOf(present), sharesOf({ '0.50': 22, '0.60': 100, '0.70': 80 }))])
    expect(psi).toBeGreaterThan(0.1)
    expect(level).toBe('well')
  })

  it('of too few jobs is unknown', () => {
    const few = verdict([aWindow(sharesOf({ '0.60': 199 }), sharesOf(USUAL))])
    expect(few).toMatchObject({ level: 'unknown', psi: null, why: '199 jobs in 24 h: too few to tell' })
    const new_ = verdict([aWindow(sharesOf(USUAL), sharesOf({ '0.60': 199 }))])
    expect(new_).toMatchObject({ level: 'unknown', psi: null, bins: [] })
  })

  it('has the window that says most, and the longer one when both say the same', () => {
    const well = aWindow(sharesOf(USUAL), sharesOf(USUAL))
    const soon = aWindow(sharesOf(LOWER), sharesOf(USUAL), { hours: 3 })
    expect(verdict([well, soon])).toMatchObject({ windowHours: 3, level: 'alarm' })
    expect(verdict([well, { ...well, hours: 3 }])).toMatchObject({ windowHours: 24 })
  })

  it('of a model that is compared with days only is watched at most', () => {
    expect(verdict([aWindow(sharesOf(LOWER), sharesOf(USUAL), { kind: 'days' })]).level).toBe('watch')
  })

  it('tells of no bin that fewer than five jobs stand behind', () => {
    const { bins } = verdict([aWindow(sharesOf({ ...USUAL, '0.95': 4 }), sharesOf({ ...USUAL, '0.05': 5 }))])
    expect(bins.find(({ label }) => label === '0.95')).toMatchObject({ present: 0 })
    expect(bins.find(({ label }) => label === '0.05')?.reference).toBeGreaterThan(0)
  })
})

describe('cuts', () => {
  const big = { tenant: 'big', sdk: 'js 1.0' }
  const small = { tenant: 'small', sdk: 'js 0.9' }

  it('tell whose part it is', () => {
    const present = [...sharesOf(USUAL, big), ...sharesOf(LOWER, small)]
    const moved = verdict([aWindow(present, [...sharesOf(USUAL, big), ...sharesOf(USUAL, small)])])
    expect(cut(moved, 'small')).toMatchObject({ by: 'tenant', level: 'alarm', share: 1, count: 1_000 })
    expect(cut(moved, 'js 0.9')).toMatchObject({ by: 'sdk', share: 1 })
    expect(cut(moved, 'big')).toMatchObject({ level: 'well', psi: 0, share: 0 })
    expect(moved.why).toContain('tenant small')
  })

  it('raise an alarm of their own where the whole is too large to move', () => {
    const before = [...sharesOf(times(USUAL, 100), big), ...sharesOf(USUAL, small)]
    const moved = verdict([aWindow([...sharesOf(times(USUAL, 100), big), ...sharesOf(LOWER, small)], before)])
    expect(moved.psi).toBeLessThan(0.1)
    expect(moved.level).toBe('alarm')
    expect(moved.why).toMatch(/^tenant small moved/)
  })

  it('of few jobs are not told of', () => {
    const few = sharesOf({ '0.60': 60 }, small)
    expect(cut(verdict([aWindow([...sharesOf(USUAL, big), ...few], sharesOf(USUAL, big))]), 'small')).toBeUndefined()
  })

  it('that are new have nothing to be compared with', () => {
    const present = [...sharesOf(times(USUAL, 9), big), ...sharesOf(USUAL, small)]
    expect(cut(verdict([aWindow(present, sharesOf(times(USUAL, 9), big))]), 'small')).toMatchObject({
      ...{ psi: null, level: 'unknown' },
    })
  })
})

describe('callers', () => {
  const one = { tenant: 'one', sdk: 'js 1.0' }
  const other = { tenant: 'other', sdk: 'js 1.0' }
  const third = { tenant: 'third', sdk: 'js 2.0' }
  const before = [...sharesOf(times(USUAL, 8), one), ...sharesOf(LOWER, other), ...sharesOf(times(USUAL, 8), third)]
  const present = [...sharesOf(times(USUAL, 2), one), ...sharesOf(times(LOWER, 2), other)]

  it('of whom one sends many times as much are no alarm, as a whole or by their SDK, while what each sends is the same', () => {
    const moved = verdict([aWindow([...present, ...sharesOf(times(USUAL, 2), third)], before)])
    expect(moved.level).toBe('watch')
    expect(cut(moved, 'js 1.0')).toMatchObject({ level: 'watch', psi: expect.toSatisfy((psi: number) => psi > 0.25) })
    expect(moved.why).toMatch(/; tenant other sends 8 times as much as before: but for that the index is 0\.000$/)
    const alone = verdict([
      aWindow(
        present,
        before.filter(({ value }) => value !== 'third' && value !== 'js 2.0'),
      ),
    ])
    expect(alone).toMatchObject({ level: 'watch', psi: expect.toSatisfy((psi: number) => psi > 0.25) })
  })

  it('are told of in figures that people read, however much one of them sends', () => {
    const flood = [...present, ...sharesOf(times(LOWER, 30), other), ...sharesOf(times(USUAL, 2), third)]
    expect(verdict([aWindow(flood, before)]).why).toMatch(/; tenant other sends 130 times as much as before/)
  })

  it('explain no SDK in which their jobs cannot be, whoever sends more meanwhile', () => {
    const small = (scores: typeof LOWER | typeof USUAL, factor: number) =>
      Array.from({ length: 10 }, (_, index) =>
        sharesOf(times(scores, factor), { tenant: `small ${index}`, sdk: 'js 2.0' }),
      ).flat()
    const grown = sharesOf(times(LOWER, 1.8), other)
    const past = [...small(USUAL, 2), ...sharesOf(times(USUAL, 240), one), ...grown]
    const broken = [...small(LOWER, 0.19), ...sharesOf(times(USUAL, 30), one), ...grown]
    const moved = verdict([aWindow(broken, past)])
    expect(cut(moved, 'js 2.0')).toMatchObject({ level: 'alarm' })
    expect(moved.why).not.toContain('tenant other sends')
  })

  it('are an alarm where the one that sends more sends something else', () => {
    const broken = [...sharesOf(times(USUAL, 2), one), ...sharesOf({ '0.10': 2_000 }, other)]
    const moved = verdict([aWindow(broken, before)])
    expect(moved.level).toBe('alarm')
    expect(cut(moved, 'js 1.0')).toMatchObject({ level: 'alarm' })
  })

  it('of one SDK are an alarm though somebody sends more by another', () => {
    const small = (scores: Readonly<Record<string, number>>) =>
      ['a', 'b', 'c', 'd'].flatMap((tenant) => sharesOf(times(scores, 0.15), { tenant, sdk: 'js 1.0' }))
    const past = [...sharesOf(USUAL, third), ...small(USUAL)]
    const moved = verdict([aWindow([...sharesOf(times(USUAL, 9), third), ...small(LOWER)], past)])
    expect(cut(moved, 'js 1.0')).toMatchObject({ level: 'alarm', count: 600 })
    expect(moved.cuts.find(({ by, level }) => by === 'tenant' && level === 'alarm')).toBeUndefined()
  })
})

describe('models', () => {
  const one = { model: 'live@1.0.0' }
  const two = { model: 'live@2.0.0' }

  it('are each compared with themselves: that more jobs go to another one is no drift', () => {
    const before = [...sharesOf(times(USUAL, 9), one), ...sharesOf(LOWER, two)]
    const present = [...sharesOf(USUAL, one), ...sharesOf(times(LOWER, 9), two)]
    expect(verdict([aWindow(present, before)])).toMatchObject({ level: 'well', psi: 0 })
  })

  it('that are new are left out as long as they are less than half, and nothing is known when they are more', () => {
    const before = sharesOf(times(USUAL, 4), one)
    const canary = verdict([aWindow([...sharesOf(USUAL, one), ...sharesOf({ '0.20': 400 }, two)], before)])
    expect(canary).toMatchObject({ level: 'well', psi: 0, count: 1_400 })
    const promoted = verdict([aWindow([...sharesOf(times(USUAL, 0.3), one), ...sharesOf(LOWER, two)], before)])
    expect(promoted).toMatchObject({ level: 'unknown', psi: null })
    expect(promoted.why).toContain('of the same models')
  })
})
