import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isWithin, nextMove, type RampStep } from '../../../autoscaler/ramp.ts'

const SLO_MS = 3_000

/** A node that does so many checks a second: what is more waits, and waits longer the longer it goes on. */
const nodeOf =
  (capacity: number, luck = 1) =>
  (rate: number, hold: boolean): RampStep => {
    const bearable = hold ? capacity : capacity * luck
    const over = rate > bearable
    return { rate, doneRate: Math.min(rate, bearable), p95Ms: over ? 8_000 : 400, badCount: 0, hold }
  }

const climb = (node: (rate: number, hold: boolean) => RampStep, first = 1) => {
  const steps: RampStep[] = []
  for (;;) {
    const move = nextMove(steps, SLO_MS, first)
    if (move.kind !== 'run') return { move, steps }
    steps.push(node(move.rate, move.hold))
  }
}

describe('the search for a capacity', () => {
  it('finds what a node does, and no more', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.2, max: 500, noNaN: true }),
        fc.double({ min: 0.1, max: 50, noNaN: true }),
        (capacity, first) => {
          const { move } = climb(nodeOf(capacity), first)
          expect(move.kind).toBe('found')
          if (move.kind !== 'found') return
          expect(move.rate).toBeLessThanOrEqual(capacity)
          expect(move.rate).toBeGreaterThan(capacity * 0.78)
        },
      ),
    )
  })

  it('does not believe a short step that was lucky', () => {
    const { move, steps } = climb(nodeOf(10, 1.5))
    expect(move).toMatchObject({ kind: 'found' })
    expect(steps.filter(({ hold }) => hold).length).toBeGreaterThan(1)
    if (move.kind === 'found') expect(move.rate).toBeLessThanOrEqual(10)
  })

  it('gives up on a node that does nothing', () => {
    expect(climb(() => ({ rate: 1, doneRate: 0, p95Ms: undefined, badCount: 3, hold: false })).move).toEqual({
      kind: 'none',
    })
  })

  it.each([
    ['a refusal', { badCount: 1 }],
    ['late answers', { p95Ms: 3_001 }],
    ['no answers', { p95Ms: undefined }],
    ['answers that fall behind', { doneRate: 7 }],
  ])('calls %s a breach', (_, change) => {
    const step: RampStep = { rate: 10, doneRate: 10, p95Ms: 500, badCount: 0, hold: false }
    expect(isWithin(step, SLO_MS)).toBe(true)
    expect(isWithin({ ...step, ...change }, SLO_MS)).toBe(false)
  })
})
