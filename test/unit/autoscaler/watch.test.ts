import { describe, expect, it } from 'vitest'
import { FleetDeniedError } from '../../../infra/domain/errors.ts'
import { ScalingWorld } from '../../fixtures/scaling-world.ts'

const kinds = ({ notices }: ScalingWorld) => notices.map(({ kind }) => kind)

describe('a fleet that does not answer', () => {
  it('keeps the count, is told of once after three looks, and once when it is back', async () => {
    const world = new ScalingWorld()
    await world.look()
    world.wanted = 9
    world.memoryFleet.away = true
    await world.look(2)
    expect(kinds(world)).toEqual([])
    await world.look(20)
    expect(kinds(world)).toEqual(['alert'])
    expect(world.notices[0]?.lines[0]).toContain('the count stays as it is')
    world.memoryFleet.away = false
    world.now += 300_000
    expect(await world.look()).toMatchObject({ from: 5, to: 9, outcome: 'applied' })
    expect(kinds(world)).toEqual(['alert', 'recovered', 'scaled'])
  })

  it('is asked less and less often', async () => {
    const world = new ScalingWorld()
    await world.look()
    world.memoryFleet.away = true
    await world.look(60)
    const away = world.looks.filter(({ kind }) => kind === 'fleet-away').length
    expect(away).toBeGreaterThan(4)
    expect(away).toBeLessThan(20)
  })

  it('leaves a line in the history for every look that found no count', async () => {
    const world = new ScalingWorld()
    await world.look()
    world.memoryFleet.away = true
    await world.look()
    expect(world.memoryDecisions.decisions.at(-1)).toMatchObject({
      ...{ from: 5, to: 5, outcome: 'unavailable', doubts: ['fleet is unavailable'] },
    })
  })

  it('is told of at once when it refuses our credentials', async () => {
    const world = new ScalingWorld()
    world.memoryFleet.view = async () => {
      throw new FleetDeniedError('Permission denied')
    }
    await world.look(5)
    expect(kinds(world)).toEqual(['alert'])
    expect(world.notices[0]?.lines[0]).toContain('Permission denied')
  })
})

describe('placements that hang', () => {
  it('are told of after the time of a boot, and when they are over', async () => {
    const world = new ScalingWorld()
    world.seen = { bootMs: 90_000 }
    world.memoryFleet.full = true
    world.wanted = 8
    await world.look(4)
    expect(kinds(world)).toEqual(['scaled'])
    await world.look(3)
    expect(kinds(world)).toEqual(['scaled', 'alert'])
    expect(world.notices[1]?.lines[0]).toMatch(/^checks: 3 of 8 nodes have not come up for \d+ s; a boot takes 90 s$/)
    world.memoryFleet.full = false
    world.memoryFleet.interfere('checks', 8)
    await world.look()
    expect(kinds(world)).toEqual(['scaled', 'alert', 'recovered'])
    expect(world.memoryFleet.changes).toHaveLength(1)
  })

  it('are given a boot more when more nodes are asked for', async () => {
    const world = new ScalingWorld()
    world.seen = { bootMs: 90_000 }
    world.memoryFleet.full = true
    for (const wanted of [6, 7, 8, 9, 10, 11]) {
      world.wanted = wanted
      await world.look()
    }
    expect(kinds(world)).not.toContain('alert')
  })
})

describe('doubts', () => {
  it('let no node go, are told of at the second look, noted with the fleet, and end', async () => {
    const world = new ScalingWorld()
    world.wanted = 2
    world.seen = { rate: undefined }
    expect(await world.look()).toMatchObject({ from: 5, to: 5 })
    const held = world.memoryDecisions.decisions.at(-1)
    expect(held?.doubts.length).toBeGreaterThan(0)
    expect(held?.steps.map(({ by }) => by)).toEqual(['forecast', 'unknown'])
    await world.look(5)
    expect(kinds(world)).toEqual(['held', 'alert'])
    expect(world.memoryFleet.notes).toHaveLength(1)
    world.seen = {}
    expect(await world.look()).toMatchObject({ to: 2, outcome: 'applied' })
    expect(kinds(world)).toEqual(['held', 'alert', 'recovered', 'scaled'])
  })

  it('are said again after ten minutes', async () => {
    const world = new ScalingWorld()
    world.wanted = 2
    world.seen = { rate: undefined }
    await world.look(22)
    expect(world.memoryFleet.notes).toHaveLength(2)
  })

  it('do not keep the count from rising', async () => {
    const world = new ScalingWorld()
    world.wanted = 9
    world.seen = { waiting: undefined }
    expect(await world.look()).toMatchObject({ to: 9, outcome: 'applied' })
  })

  it('are not told of when they last one look', async () => {
    const world = new ScalingWorld()
    world.seen = { rate: undefined }
    await world.look()
    world.seen = {}
    await world.look()
    expect(kinds(world)).toEqual([])
  })
})
