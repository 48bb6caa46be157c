import { describe, expect, it } from 'vitest'
import { shareOut } from '../../../../autoscaler/zones/share-out.ts'
import type { ZoneState } from '../../../../infra/domain/zones.ts'
import type { ZoneView } from '../../../../infra/ports/fleet.ts'

const bounds = { min: 1, max: 40 }
const weightOf = () => 1

const aView = (zone: string, desired: number, running = desired, placed = running): ZoneView => ({
  ...{ zone, desiredCount: desired, placedCount: placed, runningCount: running },
  ...{ readyCount: undefined, bounds: undefined },
})
const aState = (zone: string, condition: ZoneState['condition'], ran: number): ZoneState => ({
  ...{ zone, condition, tries: 0, ran, base: ran },
})
interface More {
  readonly wantedBefore?: number
  readonly max?: number
  /** of each zone */
  readonly most?: number
}
type Zone = readonly [ZoneState['condition'], desired: number, running?: number, placed?: number]

const counts = (wanted: number, zones: readonly Zone[], more: More = {}) => {
  const { wantedBefore = wanted, max = bounds.max, most } = more
  const limits = most === undefined ? undefined : { min: 0, max: most }
  const views = zones.map(([, ...all], at) => ({ ...aView(`zone-${at}`, ...all), bounds: limits }))
  const states = zones.map(([condition, , running = 0], at) => aState(`zone-${at}`, condition, running))
  const plan = shareOut({ views, states, weightOf, bounds: { min: 1, max }, wantedBefore, wanted })
  return plan.shares.map(({ after }) => after)
}

describe('shareOut', () => {
  it.each<readonly [what: string, wanted: number, zones: readonly Zone[], asked: readonly number[], more: More]>([
    [
      'divides evenly',
      6,
      [
        ['well', 2],
        ['well', 2],
      ],
      [3, 3],
      { wantedBefore: 4 },
    ],
    [
      'asks the other zone for what a short one lacks, and that one for no more',
      10,
      [
        ['well', 5],
        ['short', 5, 3],
      ],
      [7, 3],
      {},
    ],
    [
      'leaves a lost zone its places, and asks for the same elsewhere',
      6,
      [
        ['well', 3],
        ['lost', 3, 0, 3],
      ],
      [5, 3],
      {},
    ],
    [
      'asks a lost zone for nothing once its places are gone',
      6,
      [
        ['well', 3],
        ['lost', 3, 0, 0],
      ],
      [5, 0],
      {},
    ],
    [
      'goes on with what it could not ask for at once',
      6,
      [
        ['well', 5],
        ['lost', 0, 0, 0],
      ],
      [6, 0],
      {},
    ],
    [
      'asks for no more than the pool may have',
      6,
      [
        ['well', 4, 4],
        ['lost', 4, 0, 4],
      ],
      [6, 0],
      { max: 6 },
    ],
    [
      'tries a zone with one node beside what is wanted',
      10,
      [
        ['well', 7],
        ['tried', 3, 3],
      ],
      [7, 4],
      {},
    ],
    [
      'lets the stand-in go when the zone is back',
      10,
      [
        ['well', 7],
        ['well', 4],
      ],
      [6, 4],
      {},
    ],
    [
      'fills a zone that is back before it takes from another',
      10,
      [
        ['well', 10],
        ['well', 1],
      ],
      [9, 2],
      {},
    ],
    [
      'takes nothing away for a node that boots',
      10,
      [
        ['well', 9],
        ['well', 2, 1],
      ],
      [9, 2],
      {},
    ],
    [
      'lets it go when that one runs',
      10,
      [
        ['well', 9],
        ['well', 2, 2],
      ],
      [8, 2],
      {},
    ],
    [
      'goes on as if all were well where none is',
      10,
      [
        ['short', 5, 3],
        ['short', 5, 3],
      ],
      [5, 5],
      {},
    ],
    [
      'asks a short zone when the others are full',
      12,
      [
        ['well', 5],
        ['short', 5, 3],
      ],
      [6, 6],
      { most: 6 },
    ],
    [
      'goes down to nothing',
      0,
      [
        ['well', 1],
        ['short', 1],
      ],
      [0, 0],
      {},
    ],
  ])('%s', (_what, wanted, zones, asked, more) => {
    expect(counts(wanted, zones, more)).toEqual(asked)
  })

  it('says how many of a zone’s nodes are asked for elsewhere', () => {
    const views = [aView('a', 5), aView('b', 5, 3)]
    const states = [aState('a', 'well', 5), aState('b', 'short', 3)]
    const plan = shareOut({ views, states, weightOf, bounds, wantedBefore: 10, wanted: 10 })
    expect(plan.shares.map(({ elsewhere }) => elsewhere)).toEqual([0, 2])
  })
})
