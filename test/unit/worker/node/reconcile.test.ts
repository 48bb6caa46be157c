import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Phase, type Place, reconcile } from '../../../../worker/node/reconcile.ts'

/** `a0r`: pool a, index 0, ready. The order is the place in the list. */
const places = (text: string): Place[] =>
  text
    .split(' ')
    .filter(Boolean)
    .map(([pool = '', index, phase], order) => {
      const phases: Record<string, Phase> = { w: 'waiting', s: 'starting', r: 'ready', l: 'leaving' }
      return { pool, index: Number(index), phase: phases[String(phase)] ?? 'ready', order }
    })

const names = (list: readonly { pool: string; index: number }[]) =>
  list.map(({ pool, index }) => `${pool}${index}`).join(' ')

describe('a plan', () => {
  it.each([
    ['starts all on an empty node, each with its own number', { a: 2, b: 1 }, '', 9, 'a0 a1 b2', ''],
    ['does nothing when all is as desired', { a: 2 }, 'a0r a1s', 9, '', ''],
    ['counts what waits to be started again', { a: 2 }, 'a0r a1w', 9, '', ''],
    ['does not count what leaves, nor reuse its number', { a: 1 }, 'a0l', 9, 'a1', ''],
    ['fills the lowest free number', { a: 3 }, 'a0r a2r', 9, 'a1', ''],
    ['ends the youngest first', { a: 1 }, 'a0r a1r a2r', 9, '', 'a2 a1'],
    ['ends what only waits before what starts, and that before what works', { a: 1 }, 'a0w a1s a2r', 9, '', 'a0 a1'],
    ['does not end twice', { a: 0 }, 'a0l a1r', 9, '', 'a1'],
    ['starts no more than fit', { a: 5 }, 'a0r', 3, 'a1 a2', ''],
    ['waits for room that leaving workers still take', { a: 0, b: 2 }, 'a0r a1l', 2, '', 'a0'],
    ['takes the room they left', { a: 0, b: 2 }, 'a0l', 2, 'b1', ''],
  ])('%s', (_what, desired, now, maxCount, start, leave) => {
    const plan = reconcile(new Map(Object.entries(desired as Record<string, number>)), places(now), maxCount)
    expect([names(plan.start), names(plan.leave)]).toEqual([start, leave])
  })

  const aPlace = fc.record({
    pool: fc.constantFrom('a', 'b'),
    phase: fc.constantFrom<Phase>('waiting', 'starting', 'ready', 'leaving'),
  })

  it('followed until nothing is left to do gives what is desired', () => {
    fc.assert(
      fc.property(fc.nat(4), fc.nat(4), fc.array(aPlace, { maxLength: 8 }), (a, b, before) => {
        const desired = new Map([
          ['a', a],
          ['b', b],
        ])
        let now: Place[] = before.map((place, at) => ({ ...place, index: at, order: at }))
        for (let step = 0; step < 3; step += 1) {
          const { start, leave } = reconcile(desired, now, 8)
          expect(now.length + start.length).toBeLessThanOrEqual(Math.max(8, now.length))
          const gone = new Set([...leave, ...now.filter(({ phase }) => phase === 'leaving')])
          const started = start.map((place, at) => ({
            ...place,
            phase: 'ready' as const,
            order: 100 * (step + 1) + at,
          }))
          now = [...now.filter((place) => !gone.has(place)), ...started]
          expect(new Set(now.map(({ index }) => index)).size).toBe(now.length)
        }
        expect(now.filter(({ pool }) => pool === 'a')).toHaveLength(a)
        expect(now.filter(({ pool }) => pool === 'b')).toHaveLength(b)
      }),
    )
  })
})
