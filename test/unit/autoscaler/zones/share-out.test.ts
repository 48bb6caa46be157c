import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { conditionOf } from '../../../../autoscaler/zones/condition.ts'
import { shareOut } from '../../../../autoscaler/zones/share-out.ts'
import type { ZoneState } from '../../../../infra/domain/zones.ts'
import type { ZoneView } from '../../../../infra/ports/fleet.ts'
import { ZonedFleet } from '../../../fakes/zoned-fleet.ts'

const bounds = { min: 1, max: 40 }
const weightOf = () => 1
const LOOK_MS = 30_000
const BOOT_MS = 60_000

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

/** What one look does, over and over, with zones that lose and find nodes as the test says. */
const createWorld = (start: Readonly<Record<string, number>>) => {
  const fleet = new ZonedFleet('checks', start)
  let states: readonly ZoneState[] | undefined
  let at = 1_700_000_000_000
  let wantedBefore = fleet.running()
  return {
    fleet,
    async look(wanted: number) {
      const { zones: views = [], version } = await fleet.view('checks')
      states = views.map((view, index) => conditionOf(states?.[index], view, { at, bootMs: BOOT_MS }))
      const plan = shareOut({ views, states, weightOf, bounds, wantedBefore, wanted })
      const zones = plan.shares.map(({ zone, after }) => ({ zone, count: after }))
      const count = zones.reduce((sum, one) => sum + one.count, 0)
      const before = fleet.running()
      await fleet.setCount({ pool: 'checks', count, zones, version, message: '', meta: {} })
      const after = fleet.running()
      fleet.boot()
      at += LOOK_MS
      wantedBefore = wanted
      return { plan, count, before, after }
    },
  }
}

type World = ReturnType<typeof createWorld>

interface Event {
  readonly wanted: number
  readonly looks: number
  readonly zone: string
  readonly stock: number
}

const events = fc.array<Event>(
  fc.record({
    wanted: fc.integer({ min: 3, max: 30 }),
    looks: fc.integer({ min: 1, max: 8 }),
    zone: fc.constantFrom('a', 'b', 'c'),
    stock: fc.constantFrom(0, 2, 5, 1_000),
  }),
  { minLength: 1, maxLength: 8 },
)

const happen = async (world: World, story: readonly Event[]) => {
  const seen: (Awaited<ReturnType<World['look']>> & { readonly wanted: number })[] = []
  for (const { wanted, looks, zone, stock } of story) {
    world.fleet.zone(zone).stock = stock
    for (let look = 0; look < looks; look += 1) seen.push({ ...(await world.look(wanted)), wanted })
  }
  return seen
}

describe('a pool whose zones run out of nodes and find some again', () => {
  it('never takes a node away that is wanted and works, and never asks for more than it may', async () => {
    await fc.assert(
      fc.asyncProperty(events, async (story) => {
        const world = createWorld({ a: 3, b: 3, c: 3 })
        for (const { wanted, count, before, after } of await happen(world, story)) {
          expect(after).toBeGreaterThanOrEqual(Math.min(wanted, before))
          expect(count).toBeLessThanOrEqual(bounds.max)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('has what is wanted after a while wherever one zone has nodes, and pays for no more', async () => {
    await fc.assert(
      fc.asyncProperty(events, fc.integer({ min: 3, max: 30 }), async (story, wanted) => {
        const world = createWorld({ a: 3, b: 3, c: 3 })
        await happen(world, story)
        world.fleet.zone('a').stock = 1_000
        for (let look = 0; look < 400; look += 1) await world.look(wanted)
        expect(world.fleet.running()).toBeGreaterThanOrEqual(wanted)
        // A try may be under way.
        expect(world.fleet.running()).toBeLessThanOrEqual(wanted + 2)
      }),
      { numRuns: 20 },
    )
  })

  it('comes to rest when all zones give nodes, with nodes in every zone', async () => {
    await fc.assert(
      fc.asyncProperty(events, fc.integer({ min: 3, max: 30 }), async (story, wanted) => {
        const world = createWorld({ a: 3, b: 3, c: 3 })
        await happen(world, story)
        for (const zone of world.fleet.zones) zone.stock = 1_000
        for (let look = 0; look < 400; look += 1) await world.look(wanted)
        const { plan, count } = await world.look(wanted)
        expect(count).toBe(wanted)
        expect(plan.shares.every(({ before, after, condition }) => before === after && condition === 'well')).toBe(true)
        expect(Math.min(...world.fleet.asked())).toBeGreaterThanOrEqual(Math.max(1, Math.floor(wanted / 6)))
      }),
      { numRuns: 20 },
    )
  })
})
