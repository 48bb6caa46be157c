import { describe, expect, it } from 'vitest'
import { onTrial, tellOnly } from '../../../autoscaler/permit.ts'
import { ScalingWorld } from '../../fixtures/scaling-world.ts'

const DAY_MS = 86_400_000

describe('one look', () => {
  it('writes a decision down, does it, and tells of it', async () => {
    const world = new ScalingWorld()
    world.wanted = 9
    expect(await world.look()).toMatchObject({ from: 5, to: 9, outcome: 'applied', term: 1 })
    expect(world.count()).toBe(9)
    expect(world.notices).toMatchObject([{ kind: 'scaled', actions: ['undo', 'hold'] }])
    expect(world.notices[0]?.lines[0]).toBe('checks: 5 -> 9 nodes')
    const [change] = world.memoryFleet.changes
    expect(change?.meta).toMatchObject({ forecast: '9', expert: 'blend', schedule: 'none', override: 'none' })
    expect(change?.meta.decision).toBe((await world.decisions.list({ pool: 'checks', limit: 1 }))[0]?.id)
  })

  it('keeps a look that changes nothing, and tells nobody', async () => {
    const world = new ScalingWorld()
    expect(await world.look()).toMatchObject({ from: 5, to: 5, outcome: 'none' })
    expect(world.notices).toEqual([])
  })

  it('counts nodes that boot: it does not ask for them twice', async () => {
    const world = new ScalingWorld()
    world.memoryFleet.full = true
    world.wanted = 9
    await world.look(3)
    expect(world.memoryFleet.changes).toHaveLength(1)
    expect(world.count()).toBe(9)
  })

  it('works off a backlog, and lets no node go while there is one', async () => {
    const world = new ScalingWorld()
    const backlog = (value: number) => ({ waiting: { value, ageMs: 0 }, inHand: { value: 0, ageMs: 0 } })
    world.seen = backlog(3_000)
    expect(await world.look()).toMatchObject({ to: 8, outcome: 'applied' })
    world.wanted = 2
    world.seen = { ...backlog(80), readyWorkers: { value: 4, ageMs: 0 } }
    expect(await world.look()).toMatchObject({ to: 8 })
    world.seen = {}
    expect(await world.look()).toMatchObject({ to: 2 })
  })

  it('keeps to the bounds of the fleet where they are narrower', async () => {
    const world = new ScalingWorld()
    world.memoryFleet.add('checks', 5, { min: 3, max: 7 })
    world.wanted = 30
    expect(await world.look()).toMatchObject({ to: 7, bounds: { min: 3, max: 7 } })
  })

  it('decides again on what is there when somebody else was quicker', async () => {
    const world = new ScalingWorld()
    world.wanted = 9
    world.memoryFleet.answers.push({ kind: 'conflict', why: 'index' })
    await world.look()
    const kept = await world.decisions.list({ pool: 'checks', limit: 5 })
    expect(kept.map(({ outcome }) => outcome).sort()).toEqual(['applied', 'conflict'])
    expect(world.count()).toBe(9)
  })

  it('takes a release under way for what it is: no alarm, and again at the next look', async () => {
    const world = new ScalingWorld()
    world.wanted = 9
    world.memoryFleet.answers.push({ kind: 'not-now', why: 'active deployment' })
    expect(await world.look()).toMatchObject({ outcome: 'not-now', outcomeWhy: 'active deployment' })
    expect(world.notices).toEqual([])
    expect(await world.look()).toMatchObject({ outcome: 'applied' })
  })

  it('sees at the next look that a change without an answer was done', async () => {
    const world = new ScalingWorld()
    world.wanted = 9
    world.memoryFleet.answers.push('silent')
    expect(await world.look()).toMatchObject({ outcome: 'unavailable' })
    await world.look()
    const kept = await world.decisions.list({ pool: 'checks', limit: 5 })
    expect(kept.map(({ from, to, outcome }) => [from, to, outcome])).toEqual([
      [9, 9, 'none'],
      [5, 9, 'applied'],
    ])
    expect(kept[0]?.external).toBeUndefined()
  })

  it('takes a count that somebody else set for the count, and says so', async () => {
    const world = new ScalingWorld()
    await world.look()
    world.memoryFleet.interfere('checks', 12)
    world.wanted = 12
    expect(await world.look()).toMatchObject({ from: 12, to: 12, external: { before: 5, after: 12 } })
    expect(world.notices[0]?.lines[0]).toContain('somebody else changed the count, 5 -> 12')
    expect((await world.look())?.external).toBeUndefined()
  })

  it('lets no node go on demand that is far below what it can be', async () => {
    const world = new ScalingWorld()
    const forecast = { expected: 10, low: 5, high: 15, expert: 'blend', horizonMs: 240_000, desired: 2 }
    world.learner = { look: async () => ({ forecast, collapsedMs: 600_000 }), minutes: () => [] }
    const kept = await world.look()
    expect(kept).toMatchObject({ from: 5, to: 5, outcome: 'none' })
    expect(kept?.doubts).toHaveLength(1)
  })

  it('only tells in forecast-only mode', async () => {
    const world = new ScalingWorld({ permit: tellOnly })
    world.wanted = 9
    expect(await world.look(3)).toMatchObject({ from: 5, to: 9, outcome: 'forecast-only' })
    expect(world.count()).toBe(5)
    expect(world.notices).toHaveLength(1)
  })

  it('only tells in the first week of a pool, but does what a person says', async () => {
    const decisions = new ScalingWorld().memoryDecisions
    const world = new ScalingWorld({ decisions, permit: onTrial(decisions) })
    world.wanted = 9
    expect(await world.look()).toMatchObject({ to: 9, outcome: 'forecast-only' })
    const override = { kind: 'pin', count: 7, actor: 'ada', reason: 'campaign', durationMs: 60_000 } as const
    await world.overrides.add({ ...override, pool: 'checks', needsSecond: false })
    expect(await world.look()).toMatchObject({ to: 7, outcome: 'applied', override: { actor: 'ada' } })
    world.now += 8 * DAY_MS
    expect(await world.look()).toMatchObject({ to: 9, outcome: 'applied' })
  })

  it('does nothing once somebody else leads', async () => {
    const world = new ScalingWorld()
    world.wanted = 9
    world.term = undefined
    expect(await world.look()).toBeUndefined()
    expect(world.count()).toBe(5)
  })
})
