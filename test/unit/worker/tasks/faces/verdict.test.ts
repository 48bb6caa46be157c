import { describe, expect, it } from 'vitest'
import { decide } from '../../../../../worker/tasks/faces/verdict.ts'

const weak = (score: number, name = 'weak') => ({ name, score, assurance: 'low' as const })
const strong = (score: number, name = 'strong') => ({ name, score, assurance: 'substantial' as const })

describe('decide', () => {
  it.each([
    ['both high', [weak(0.9), weak(0.7)], { live: true, score: 0.8, verdict: 'review', assurance: 'low' }],
    ['both low', [weak(0.1), weak(0.3)], { live: false, score: 0.2, verdict: 'fail', assurance: 'low' }],
    ['at the threshold', [weak(0.5)], { live: true, score: 0.5, verdict: 'review', assurance: 'low' }],
  ])('takes the mean and never passes by itself: %s', (_, signals, expected) => {
    const { score, ...rest } = decide(signals, false)
    const { score: expectedScore, ...expectedRest } = expected
    expect(rest).toMatchObject(expectedRest)
    expect(score).toBeCloseTo(expectedScore, 12)
  })

  it('passes where the operator allowed it and all agree', () => {
    expect(decide([weak(0.9), weak(0.6)], true).verdict).toBe('pass')
  })

  it('asks for a review where signals disagree, also when passing is allowed', () => {
    expect(decide([weak(0.99), weak(0.2)], true)).toMatchObject({ live: true, verdict: 'review' })
  })

  it('fails what is not live, whatever is allowed', () => {
    expect(decide([weak(0.4)], true).verdict).toBe('fail')
  })

  it('lets a trusted signal decide alone, and still tells the others', () => {
    const decision = decide([weak(0.9), strong(0.2), weak(0.95)], true)
    expect(decision).toMatchObject({ live: false, score: 0.2, assurance: 'substantial', verdict: 'fail' })
    expect(decision.signals).toEqual([
      { name: 'weak', score: 0.9 },
      { name: 'strong', score: 0.2 },
      { name: 'weak', score: 0.95 },
    ])
  })
})
