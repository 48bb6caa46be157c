import { describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS } from '../../../infra/domain/rollout.ts'
import { UsageError } from '../../../scripts/exit-code.ts'
import { parseStart, type StartFlags } from '../../../scripts/rollout.ts'
import { describeRollout } from '../../../scripts/rollout-report.ts'
import { aRollout, someCounts } from '../../fixtures/rollouts.ts'

const FLAGS: StartFlags = { threshold: ['live=0.7'], shadow: true, because: 'a try' }
const start = (flags: Partial<StartFlags> = {}) => parseStart('liveness', 'face-liveness', { ...FLAGS, ...flags })

describe('a command line that starts a rollout', () => {
  it('is read as it is meant, with what holds where nothing is said', () => {
    expect(start()).toEqual({
      task: 'liveness',
      candidate: { role: 'face-liveness', model: null, thresholds: { live: 0.7 } },
      ...{ mode: 'shadow', share: 1, tenants: [], limits: DEFAULT_LIMITS, reason: 'a try' },
    })
  })

  it('gives a canary a small share of everybody, or all of the tenants it names', () => {
    expect(start({ shadow: false, canary: true }).share).toBe(0.05)
    expect(start({ shadow: false, canary: true, tenant: ['acme'] }).share).toBe(1)
  })

  it('takes shares as per cent and as numbers, and every limit', () => {
    const limits = { maxErrors: '2%', maxFlips: '0.5%', maxShift: '0.1', maxP95: '3', minSample: '50' }
    const { share, ...rest } = start({
      shadow: false,
      canary: true,
      share: '5%',
      model: 'net@1.0.1',
      tenant: ['a'],
      ...limits,
    })
    expect(share).toBe(0.05)
    expect(rest).toMatchObject({
      mode: 'canary',
      candidate: { model: 'net@1.0.1' },
      tenants: ['a'],
      limits: { maxErrorRatio: 0.02, maxFlipRatio: 0.005, maxScoreShift: 0.1, maxP95Ratio: 3, minSampleCount: 50 },
    })
  })

  it.each<[string, Partial<StartFlags>]>([
    ['neither shadow nor canary', { shadow: false }],
    ['both', { canary: true }],
    ['nothing to try', { threshold: [] }],
    ['a threshold without a number', { threshold: ['live'] }],
    ['a threshold of words', { threshold: ['live=high'] }],
    ['a model without a version', { model: 'net' }],
    ['a share of more than all', { share: '101%' }],
    ['a share of nothing said', { share: '' }],
    ['a sample of a half', { minSample: '0.5' }],
    ['a ratio of zero', { maxP95: '0' }],
    ['a reason of two lines', { because: 'a\nb' }],
  ])('is refused with %s', (_what, flags) => {
    expect(() => start(flags)).toThrow(UsageError)
  })

  it('is refused for a task or a role that cannot be', () => {
    expect(() => parseStart('iris', 'face-liveness', FLAGS)).toThrow(UsageError)
    expect(() => parseStart('liveness', 'Face Liveness', FLAGS)).toThrow(UsageError)
  })
})

describe('a rollout in words', () => {
  const counts = { base: someCounts({ jobs: 10 }), candidate: someCounts({ jobs: 10, compared: 10, flips: 1 }) }
  const verdict = { kind: 'continue', why: '10 of at least 200 jobs are judged' } as const

  it('says what is tried, what came of it and how workers get on', () => {
    const workers = [{ worker: 'n/gpu/0', state: 'failed', lostCount: 0, error: 'no such model', seenAt: 0 }] as const
    const words = describeRollout({ rollout: aRollout(), counts, verdict, workers })
    expect(words).toMatch(/tries +face-liveness of liveness: the model in use live=0.9/)
    expect(words).toMatch(/decided otherwise +1 \(10.00 %\)/)
    expect(words).toMatch(/n\/gpu\/0 +failed +0 +1970-01-01 00:00:00 +no such model/)
    expect(words).not.toContain('mean score')
  })

  it('says of a canary what the two sides found, and who ended it', () => {
    const rollout = aRollout({
      mode: 'canary',
      state: 'ended',
      changedBy: 'bob',
      changeReason: 'enough',
      changedAt: 1,
      tenants: ['a'],
    })
    const words = describeRollout({ rollout, counts, verdict, workers: [] })
    expect(words).toMatch(/ended +by bob: enough/)
    expect(words).toContain('the jobs of a')
    expect(words).toContain('mean score')
    expect(words).toContain('no worker has looked at it yet')
  })
})
