import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { conditionOf } from '../../../../autoscaler/zones/condition.ts'
import { shareOut } from '../../../../autoscaler/zones/share-out.ts'
import type { ZoneState } from '../../../../infra/domain/zones.ts'
import { ZonedFleet } from '../../../fakes/zoned-fleet.ts'

const bounds = { min: 1, max: 40 }
const weightOf = () => 1
const LOOK_MS = 30_000
const BOOT_MS = 60_000

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

/** All zones run out at once, and then so few nodes are wanted that each has what it is asked for. */
const OUT_AND_CONTENT: readonly Event[] = [
  { wanted: 3, looks: 1, zone: 'b', stock: 2 },
  { wanted: 3, looks: 1, zone: 'a', stock: 2 },
  { wanted: 18, looks: 3, zone: 'c', stock: 5 },
  { wanted: 16, looks: 3, zone: 'c', stock: 5 },
]

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
      { numRuns: 20, examples: [[[...OUT_AND_CONTENT], 3]] },
    )
  })
})
