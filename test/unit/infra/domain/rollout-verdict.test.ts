import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bucketOf, emptyHistogram } from '../../../../infra/domain/latency-histogram.ts'
import { DEFAULT_LIMITS, ROLLOUT_MODES, type RolloutMode } from '../../../../infra/domain/rollout.ts'
import { type ArmCounts, addCounts, COUNT_NAMES, noCounts } from '../../../../infra/domain/rollout-counts.ts'
import { judgeRollout } from '../../../../infra/domain/rollout-verdict.ts'
import { someCounts } from '../../../fixtures/rollouts.ts'

const LIMITS = { ...DEFAULT_LIMITS, minSampleCount: 100 }
const latency = (ms: number, count: number): number[] => emptyHistogram().with(bucketOf(ms), count)

/** A candidate in the shadow of 200 jobs that does as the base does. */
const inShadow = (candidate: Partial<ArmCounts> = {}, base: Partial<ArmCounts> = {}) => ({
  base: someCounts({ jobs: 200, positives: 120, latency: latency(50, 200), ...base }),
  candidate: someCounts({
    ...{ jobs: 200, positives: 120, compared: 200, shifted: 200, latency: latency(50, 200) },
    ...candidate,
  }),
})
/** A canary that answered 200 jobs beside 2000 of the base. */
const asCanary = (candidate: Partial<ArmCounts> = {}, base: Partial<ArmCounts> = {}) => ({
  base: someCounts({ jobs: 2000, positives: 1200, scored: 2000, scoreSum: 1200, latency: latency(50, 2000), ...base }),
  candidate: someCounts({
    jobs: 200,
    positives: 120,
    scored: 200,
    scoreSum: 120,
    latency: latency(50, 200),
    ...candidate,
  }),
})

describe('a candidate that does as the base does', () => {
  it.each([
    ['shadow', inShadow()],
    ['canary', asCanary()],
  ] as const)('may be promoted after a %s', (mode, counts) => {
    expect(judgeRollout(mode, counts, LIMITS)).toEqual({
      kind: 'promotable',
      why: '200 jobs are judged and no limit is broken',
    })
  })

  it.each(ROLLOUT_MODES)('goes on in the %s until the least sample is there', (mode) => {
    const few = { base: someCounts({ jobs: 99 }), candidate: someCounts({ jobs: 99, compared: 99 }) }
    expect(judgeRollout(mode, few, LIMITS)).toEqual({ kind: 'continue', why: '99 of at least 100 jobs are judged' })
  })
})

describe('what takes a candidate back', () => {
  const cases: readonly (readonly [string, RolloutMode, ReturnType<typeof inShadow>, string, RegExp])[] = [
    ['failures', 'shadow', inShadow({ errors: 3 }), 'errors', /^the model failed 3 of 200 jobs; 1.00 % may fail$/],
    ['failures', 'canary', asCanary({ errors: 3 }), 'errors', /^the model failed 3 of 200 jobs/],
    [
      'flips',
      'shadow',
      inShadow({ flips: 5 }),
      'flips',
      /^5 of 200 decisions differ from the base's; 2.00 % may differ$/,
    ],
    [
      'another share of positives',
      'canary',
      asCanary({ positives: 90 }),
      'flips',
      /^45.00 % of its decisions are positive/,
    ],
    [
      'slowness',
      'shadow',
      inShadow({ latency: latency(100, 200) }),
      'latency',
      /2.0 times the base's 50 ms; 1.5 times may/,
    ],
    ['slowness', 'canary', asCanary({ latency: latency(100, 200) }), 'latency', /^95 % of its jobs take up to/],
    ['higher scores', 'shadow', inShadow({ shiftSum: 12, shiftAbsSum: 12 }), 'shift', /are 0.060 off the base's/],
    ['lower scores', 'shadow', inShadow({ shiftSum: -12, shiftAbsSum: 12 }), 'shift', /are -0.060 off the base's/],
    ['other scores', 'canary', asCanary({ scoreSum: 80 }), 'shift', /are 0.400 on average, the base's 0.600/],
  ]
  it.each(cases)('%s of a %s', (_what, mode, counts, guard, reason) => {
    const verdict = judgeRollout(mode, counts, LIMITS)
    expect(verdict).toMatchObject({ kind: 'take-back', guard, reason: expect.stringMatching(reason) })
  })

  it.each([
    ['as many failures as may be', 'shadow', inShadow({ errors: 2 })],
    ['as many flips as may be', 'shadow', inShadow({ flips: 4 })],
    ['scores that differ to both sides', 'shadow', inShadow({ shiftSum: 0.5, shiftAbsSum: 40 })],
    ['slowness of too few', 'shadow', inShadow({ latency: latency(500, 99) })],
    ['a share of positives that chance explains', 'canary', asCanary({ positives: 110 })],
    ['scores that chance explains', 'canary', asCanary({ scoreSum: 115 })],
  ] as const)('is not %s', (_what, mode, counts) => {
    expect(judgeRollout(mode, counts, LIMITS).kind).toBe('promotable')
  })

  it('is told before the least sample is there once nothing can mend it', () => {
    const judged = (errors: number, jobs: number) =>
      judgeRollout('shadow', { base: someCounts({ jobs }), candidate: someCounts({ jobs, errors }) }, LIMITS).kind
    expect([judged(1, 1), judged(2, 2)]).toEqual(['continue', 'take-back'])
  })
})

const counts = fc
  .record({
    ...Object.fromEntries(COUNT_NAMES.map((name) => [name, fc.nat(5_000)])),
    latency: fc.array(fc.nat(500), { minLength: 80, maxLength: 80 }),
  })
  .map((some) => ({ ...noCounts(), ...some }) as ArmCounts)
const both = fc.record({ base: counts, candidate: counts })

it('answers every count with words, the same ones each time', () => {
  fc.assert(
    fc.property(fc.constantFrom(...ROLLOUT_MODES), both, (mode, of) => {
      const verdict = judgeRollout(mode, of, LIMITS)
      const words = verdict.kind === 'take-back' ? verdict.reason : verdict.why
      expect(words).not.toMatch(/NaN|Infinity|undefined/)
      expect(judgeRollout(mode, of, LIMITS)).toEqual(verdict)
    }),
  )
})

it('never finds a candidate better for one more failure', () => {
  const rank = { 'take-back': 0, continue: 1, promotable: 1 }
  fc.assert(
    fc.property(fc.constantFrom(...ROLLOUT_MODES), both, (mode, of) => {
      const worse = { ...of, candidate: { ...of.candidate, errors: of.candidate.errors + 1 } }
      // In a canary a failure is also one decision less, which may take the share of positives nearer to the base's.
      if (mode === 'shadow')
        expect(rank[judgeRollout(mode, worse, LIMITS).kind]).toBeLessThanOrEqual(
          rank[judgeRollout(mode, of, LIMITS).kind],
        )
    }),
  )
})

it('adds counts up in any order', () => {
  fc.assert(
    fc.property(counts, counts, (one, other) => {
      expect(addCounts(one, other)).toEqual(addCounts(other, one))
      expect(addCounts(one, noCounts())).toEqual(one)
    }),
  )
})
