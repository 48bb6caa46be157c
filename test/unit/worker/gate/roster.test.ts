import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Asked } from '../../../../worker/gate/ask-workers.ts'
import { emptyRoster, lookAgain, type Roster, rosterState } from '../../../../worker/gate/roster.ts'
import { UNKNOWN } from '../../../../worker/node/about.ts'

const KINDS = ['ready', 'not-ready', 'late', 'gone'] as const
const asked = (...seen: readonly (readonly [string, Asked['kind']])[]): readonly Asked[] =>
  seen.map(([address, kind]) => ({ address, kind, about: UNKNOWN }))

/** Looks one after the other, a second apart. */
const seenAs = (...looks: readonly { readonly seen: readonly Asked[]; readonly draining?: boolean }[]): Roster =>
  looks.reduce(
    (roster, { seen, draining = false }, at) =>
      lookAgain(roster, { asked: seen, wanted: 2, draining, now: 1_000 * (at + 1) }),
    emptyRoster(0),
  )
const stateOf = (roster: Roster, now = 10_000) => rosterState(roster, 2, now)
const phases = ({ places }: Roster) => places.map(({ phase }) => phase)

const both = asked(['a', 'ready'], ['b', 'ready'])

describe('the workers of an allocation', () => {
  it.each([
    ['starting', 'none was seen', [{ seen: [] }], ['starting', 'starting']],
    ['starting', 'one is not ready yet', [{ seen: asked(['a', 'ready'], ['b', 'not-ready']) }], ['ready', 'starting']],
    ['ready', 'all are', [{ seen: both }], ['ready', 'ready']],
    ['degraded', 'one ended', [{ seen: both }, { seen: asked(['b', 'ready']) }], ['waiting', 'ready']],
    [
      'degraded',
      'one does not answer any more',
      [{ seen: both }, { seen: asked(['a', 'ready'], ['b', 'late']) }],
      ['ready', 'starting'],
    ],
    [
      'degraded',
      'nothing listens where one was',
      [{ seen: both }, { seen: asked(['a', 'gone'], ['b', 'ready']) }],
      ['waiting', 'ready'],
    ],
    ['draining', 'one still finishes', [{ seen: asked(['a', 'gone'], ['b', 'ready']), draining: true }], ['leaving']],
    ['draining', 'one is too busy to answer', [{ seen: asked(['b', 'late']), draining: true }], ['leaving']],
    [
      'drained',
      'none runs',
      [
        { seen: both, draining: true },
        { seen: asked(['a', 'gone']), draining: true },
      ],
      [],
    ],
  ] as const)('are %s when %s', (state, _when, looks, expected) => {
    const roster = seenAs(...looks)
    expect([stateOf(roster), phases(roster)]).toEqual([state, expected])
  })

  it('that never become ready have failed', () => {
    const roster = seenAs({ seen: asked(['a', 'ready'], ['b', 'not-ready']) })
    expect([stateOf(roster, 300_000), stateOf(roster, 300_001)]).toEqual(['starting', 'degraded'])
  })

  it('that were drained begin anew, and have not failed', () => {
    const looks = [{ seen: both }, { seen: both, draining: true }, { seen: [], draining: true }, { seen: [] }]
    const roster = seenAs(...looks)
    expect([stateOf(roster), phases(roster), roster.begunAt]).toEqual(['starting', ['starting', 'starting'], 4_000])
  })

  it('keep their places, and one that comes anew takes the place of the one that is gone', () => {
    const roster = seenAs({ seen: both }, { seen: asked(['b', 'ready'], ['c', 'ready']) })
    expect(roster.places.map(({ address, index, since }) => [address, index, since])).toEqual([
      ['c', 0, 1_000],
      ['b', 1, 1_000],
    ])
  })

  it('tell since when they are as they are', () => {
    const roster = seenAs({ seen: both }, { seen: asked(['a', 'ready'], ['b', 'not-ready']) }, { seen: both })
    expect(roster.places.map(({ since }) => since)).toEqual([1_000, 3_000])
  })

  it('have each a place of its own, whoever comes and goes', () => {
    const kind = fc.constantFrom(...KINDS)
    const seen = fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e'), kind), { selector: ([one]) => one })
    fc.assert(
      fc.property(fc.array(fc.tuple(seen, fc.boolean())), (looks) => {
        for (let upTo = 1; upTo <= looks.length; upTo += 1) {
          const roster = seenAs(...looks.slice(0, upTo).map(([one, draining]) => ({ seen: asked(...one), draining })))
          const [last = [], draining = false] = looks[upTo - 1] ?? []
          const indexes = roster.places.map(({ index }) => index)
          expect(new Set(indexes).size).toBe(indexes.length)
          const there = last.filter(([, how]) => !draining || how !== 'gone').map(([address]) => address)
          expect(roster.places.map(({ address }) => address)).toEqual(expect.arrayContaining(there))
          if (draining) expect(roster.places).toHaveLength(there.length)
          else expect(roster.places.length).toBeGreaterThanOrEqual(Math.max(2, there.length))
        }
      }),
    )
  })
})
