import { describe, expect, it } from 'vitest'
import { backstop, damped } from '../../../autoscaler/damping.ts'

describe('damped', () => {
  it.each([
    ['goes up at once', 11, 10, 11],
    ['keeps one node too many', 9, 10, 10],
    ['keeps a twentieth of a large fleet that is not worth the boots', 96, 100, 100],
    ['lets go what is worth it', 94, 100, 94],
    ['lets two of three go', 1, 3, 1],
    ['lets one of two go, which is half of the bill', 1, 2, 1],
    ['lets one of five go', 4, 5, 4],
    ['keeps one of six', 5, 6, 6],
  ])('%s', (_, desired, count, expected) => {
    expect(damped(desired, count)).toBe(expected)
  })
})

describe('backstop', () => {
  it('asks for nothing while the queue is short', () => {
    expect(backstop(150, 10, 100, 10)).toBe(0)
  })

  it('asks for what works a backlog off within a minute', () => {
    expect(backstop(6_000, 10, 100, 10)).toBe(20)
  })

  it('counts what joins the backlog while new nodes boot', () => {
    expect(backstop(6_000, 10, 150, 10, 180)).toBe(15 + 10 + 15)
    expect(backstop(6_000, 10, 100, 10, 180)).toBe(20)
  })
})
