import { describe, expect, it } from 'vitest'
import { totalOf } from '../../../../infra/domain/latency-histogram.ts'
import { outcome } from '../../../../infra/domain/outcomes.ts'
import type { TaskAnswer } from '../../../../worker/executor.ts'
import { createTally } from '../../../../worker/rollout/tally.ts'

const live = (score: number): TaskAnswer => ({
  kind: 'result',
  result: { live: score >= 0.5, score, verdict: 'review' },
})
const FAILED: TaskAnswer = { kind: 'error', error: outcome('INFERENCE_FAILED') }

const taken = (tally: ReturnType<typeof createTally>) => Object.fromEntries(tally.take())
const times = (count: number, work: () => void) => {
  for (let index = 0; index < count; index += 1) work()
}

describe('what is told of a shadow', () => {
  it('is how often the two decided differently, and how far their scores are apart on average', () => {
    const tally = createTally('liveness')
    times(3, () => tally.compared(live(0.6), live(0.7), { base: 10, candidate: 20 }))
    times(3, () => tally.compared(live(0.6), live(0.4), undefined))
    const { base, candidate } = taken(tally)
    expect(base).toMatchObject({ jobs: 6, positives: 6, errors: 0, scored: 0 })
    expect(candidate).toMatchObject({ jobs: 6, positives: 3, compared: 6, flips: 3, shifted: 6 })
    expect(candidate?.shiftSum).toBeCloseTo(3 * 0.1 - 3 * 0.2)
    expect(candidate?.shiftAbsSum).toBeCloseTo(0.9)
    expect([totalOf(base?.latency ?? []), totalOf(candidate?.latency ?? [])]).toEqual([3, 3])
    expect(tally.take()).toEqual([])
  })

  it('counts what the candidate failed at as that, and as no difference', () => {
    const tally = createTally('liveness')
    tally.compared(live(0.6), FAILED, { base: 1, candidate: 2 })
    tally.failed()
    tally.dropped()
    expect(taken(tally).candidate).toMatchObject({ jobs: 2, errors: 2, compared: 0, flips: 0, shifted: 0, dropped: 1 })
  })
})

describe('a sum over few', () => {
  it('waits until it is one over five: it would be somebody’s score', () => {
    const tally = createTally('liveness')
    times(4, () => tally.compared(live(0.6), live(0.7), undefined))
    expect(taken(tally).candidate).toMatchObject({ compared: 4, shifted: 0, shiftSum: 0, shiftAbsSum: 0 })
    tally.compared(live(0.6), live(0.7), undefined)
    const { candidate } = taken(tally)
    expect(candidate).toMatchObject({ compared: 1, shifted: 5 })
    expect(candidate?.shiftSum).toBeCloseTo(0.5)
  })

  it('waits in each arm of a canary', () => {
    const tally = createTally('liveness')
    times(2, () => tally.judged('base', live(0.9), 5))
    times(5, () => tally.judged('candidate', live(0.8), 5))
    const { base, candidate } = taken(tally)
    expect([base?.jobs, base?.scored, base?.scoreSum]).toEqual([2, 0, 0])
    expect([candidate?.jobs, candidate?.scored]).toEqual([5, 5])
    expect(candidate?.scoreSum).toBeCloseTo(4)
  })
})

it('tells later what could not be told', () => {
  const tally = createTally('liveness')
  tally.judged('base', live(0.9), 5)
  const first = tally.take()
  tally.judged('base', live(0.9), 5)
  tally.giveBack(first)
  expect(taken(tally).base?.jobs).toBe(2)
})
