import { describe, expect, it } from 'vitest'
import { report } from '../../../../autoscaler/report.ts'
import type { KeptDecision } from '../../../../infra/domain/scaling.ts'
import { MemoryDecisionStore } from '../../../fakes/decision-store.ts'
import { ZonedFleet } from '../../../fakes/zoned-fleet.ts'
import { ScalingWorld } from '../../../fixtures/scaling-world.ts'

const aWorld = (counts: Readonly<Record<string, number>> = { a: 3, b: 3 }) => {
  const fleet = new ZonedFleet('checks', counts)
  const decisions = new MemoryDecisionStore()
  const world = new ScalingWorld({ fleet, decisions })
  world.wanted = fleet.running()
  /** looks until something is so; nodes come up between them */
  const until = async (isSo: () => boolean, looks = 200) => {
    for (let look = 0; look < looks && !isSo(); look += 1) {
      await world.look()
      fleet.boot()
    }
    expect(isSo()).toBe(true)
  }
  const last = () => decisions.decisions.at(-1) as KeptDecision
  /** all its nodes are gone, and it has no others */
  const lose = async (zone: string) => {
    await world.look()
    Object.assign(fleet.zone(zone), { stock: 0, placed: 0, running: 0 })
    await world.look()
  }
  const condition = (zone: string) => last()?.zones?.shares.find((share) => share.zone === zone)?.condition
  return { fleet, decisions, world, until, last, lose, condition }
}

describe('the control loop over zones', () => {
  it('divides what it decides', async () => {
    const { world, fleet } = aWorld()
    world.wanted = 9
    expect(await world.look()).toMatchObject({ from: 6, to: 9, outcome: 'applied' })
    expect(fleet.asked()).toEqual([5, 4])
  })

  it('asks the other zone when one has no node left, says so, and comes back when it has some again', async () => {
    const { world, fleet, until, last, condition } = aWorld()
    fleet.zone('b').stock = 3
    world.wanted = 10
    await until(() => condition('b') === 'short')
    expect(fleet.asked()).toEqual([7, 3])
    expect(report(last()).join('\n')).toMatch(
      /b has no node left since \d\d:\d\d: 2 of its nodes asked for in a; tried again at \d\d:\d\d/,
    )
    expect(world.notices.filter(({ key }) => key === 'alarm:checks:zones')).toMatchObject([{ kind: 'alert' }])
    fleet.zone('b').stock = 100
    await until(() => condition('b') === 'well' && last().to === 10)
    expect(fleet.asked()).toEqual([6, 4])
    expect(world.notices.filter(({ key }) => key === 'alarm:checks:zones')).toHaveLength(2)
  })

  it('tries a zone that goes on having none less and less often, with one node each time', async () => {
    const { world, fleet, last, condition } = aWorld()
    fleet.zone('b').stock = 3
    world.wanted = 10
    const tries: number[] = []
    for (let look = 0, before = ''; look < 600; look += 1) {
      await world.look()
      fleet.boot()
      const now = condition('b') ?? ''
      if (now === 'tried' && before !== 'tried') {
        tries.push(last().at)
        expect(fleet.asked()).toEqual([7, 4])
      }
      before = now
    }
    const gaps = tries.slice(1).map((at, index) => at - (tries[index] as number))
    expect(tries.length).toBeGreaterThan(3)
    expect(gaps).toEqual(gaps.toSorted((a, b) => a - b))
    expect(fleet.running()).toBe(10)
  })

  it('has the nodes of a lost zone elsewhere, and shares again when it is back', async () => {
    const { world, fleet, until, condition, last, lose } = aWorld({ a: 6, b: 6 })
    await lose('b')
    await world.look()
    expect(condition('b')).toBe('lost')
    await until(() => fleet.zone('a').running === 12)
    expect(fleet.asked()).toEqual([12, 0])
    expect(report(last()).join('\n')).toContain('b lost all its nodes at')
    fleet.zone('b').stock = 100
    await until(() => condition('b') === 'well' && fleet.running() === 12 && last().to === 12)
    expect(fleet.zone('b').running).toBeGreaterThanOrEqual(3)
  })

  it('does not take a zone for lost that somebody emptied, nor for short while nodes come', async () => {
    const { world, fleet, condition } = aWorld()
    world.wanted = 0
    await world.look(5)
    expect(condition('a')).toBe('well')
    world.wanted = 20
    for (let look = 0; look < 60; look += 1) {
      fleet.zone('b').stock = look / 4
      await world.look()
      fleet.boot()
    }
    expect(condition('b')).toBe('well')
  })

  it('does not go down for what it asked for twice, and takes nobody’s change for its own', async () => {
    const { world, fleet, until, last, condition } = aWorld()
    world.wanted = 10
    fleet.zone('b').stock = 3
    await until(() => condition('b') === 'tried')
    expect(last()).toMatchObject({ to: 11, zones: { wanted: 10 } })
    world.wanted = 12
    expect(await world.look()).toMatchObject({ from: 11, zones: { wantedBefore: 10, wanted: 12 } })
    fleet.interfere(20)
    expect(await world.look()).toMatchObject({ from: 20, external: { after: 20 } })
  })

  it('remembers what is the matter with a zone when another process leads', async () => {
    const { world, fleet, decisions, until, condition } = aWorld()
    fleet.zone('b').stock = 3
    world.wanted = 10
    await until(() => condition('b') === 'short')
    const next = new ScalingWorld({ fleet, decisions })
    Object.assign(next, { now: world.now, wanted: 10, term: 2 })
    expect(await next.look()).toMatchObject({ term: 2, from: 10, to: 10, outcome: 'none' })
    expect(condition('b')).toBe('short')
  })

  it('decides again when a change fails on its way, and does not take what it did itself for somebody else’s', async () => {
    const { world, fleet, decisions, lose } = aWorld({ a: 6, b: 2 })
    await lose('b')
    fleet.answers.push(undefined, { kind: 'conflict', why: 'somebody was quicker' })
    await world.look()
    expect(decisions.decisions.map(({ outcome, external }) => [outcome, external])).toEqual([
      ['none', undefined],
      ['none', undefined],
      ['conflict', undefined],
      ['applied', undefined],
    ])
    expect(fleet.asked()).toEqual([8, 0])
  })

  it('settles a move that a dead leader had done, and one that it had not', async () => {
    for (const [asked, outcome] of [
      [[8, 0], 'applied'],
      [[6, 2], 'abandoned'],
    ] as const) {
      const { world, fleet, decisions, lose } = aWorld({ a: 6, b: 2 })
      await lose('b')
      const { setCount } = fleet
      fleet.setCount = () => new Promise(() => {})
      void world.look()
      await expect.poll(() => decisions.unsettled()).toHaveLength(1)
      fleet.setCount = setCount
      fleet.zones.forEach((zone, at) => {
        zone.desired = asked[at] as number
      })
      const next = new ScalingWorld({ fleet, decisions })
      Object.assign(next, { now: world.now + 60_000, wanted: 8, term: 2 })
      await next.look()
      expect(decisions.decisions[2]).toMatchObject({ from: 8, to: 8, outcome })
    }
  })

  it('only tells of a move while it may do nothing', async () => {
    const fleet = new ZonedFleet('checks', { a: 6, b: 0 })
    const world = new ScalingWorld({ fleet, permit: async () => 'first week' })
    world.wanted = 6
    const kept = await world.look()
    expect(kept).toMatchObject({ from: 6, to: 7, outcome: 'forecast-only' })
    expect(fleet.asked()).toEqual([6, 0])
    expect(await world.look()).toMatchObject({ from: 6, to: 7, external: undefined })
  })
})
