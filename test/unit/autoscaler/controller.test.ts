import { describe, expect, it } from 'vitest'
import { UnavailableError } from '../../../infra/domain/errors.ts'
import { WEEKDAYS } from '../../../infra/domain/scaling.ts'
import { MemoryDecisionStore } from '../../fakes/decision-store.ts'
import { ScalingWorld } from '../../fixtures/scaling-world.ts'

const away = async (): Promise<never> => {
  throw new UnavailableError('postgres', new Error('away'))
}
const pin = { pool: 'checks', kind: 'pin', count: 8, actor: 'ada', reason: 'x', needsSecond: false } as const

describe('the control loop', () => {
  it('changes nothing while the database does not take what it decided', async () => {
    const decisions = new MemoryDecisionStore()
    const world = new ScalingWorld({ decisions })
    await world.look()
    const begin = decisions.begin
    decisions.begin = away
    world.wanted = 9
    await world.look(3)
    expect(world.count()).toBe(5)
    decisions.begin = begin
    expect(await world.look()).toMatchObject({ from: 5, to: 9, outcome: 'applied' })
  })

  it('settles at the next look what it did and could not write down', async () => {
    const decisions = new MemoryDecisionStore()
    const world = new ScalingWorld({ decisions })
    const settle = decisions.settle
    decisions.settle = away
    world.wanted = 9
    await world.look()
    expect(await decisions.unsettled()).toHaveLength(1)
    decisions.settle = settle
    await world.look()
    expect(decisions.decisions).toMatchObject([{ outcome: 'applied' }, { from: 9, to: 9, outcome: 'none' }])
    expect(decisions.decisions[1]?.external).toBeUndefined()
  })

  it('settles what it wrote down in the moment its lease seemed over', async () => {
    const decisions = new MemoryDecisionStore()
    const world = new ScalingWorld({ decisions })
    const begin = decisions.begin
    decisions.begin = async (decision) => {
      const begun = await begin.call(decisions, decision)
      world.term = undefined
      return begun
    }
    world.wanted = 9
    await world.look()
    expect(world.count()).toBe(5)
    decisions.begin = begin
    world.term = 1
    await world.look()
    expect(decisions.decisions.map(({ outcome }) => outcome)).toEqual(['abandoned', 'applied'])
  })

  it('goes by the last known wishes of people while they cannot be read, and takes nothing away', async () => {
    const world = new ScalingWorld()
    await world.overrides.add({ ...pin, durationMs: 3_600_000 })
    expect(await world.look()).toMatchObject({ to: 8 })
    world.overrides.active = away
    const kept = await world.look()
    expect(kept).toMatchObject({ from: 8, to: 8, override: { actor: 'ada' } })
    expect(kept?.doubts).toEqual(['schedules and overrides are 30 s old'])
  })

  it('goes by people and the backlog while the demand cannot be read', async () => {
    const world = new ScalingWorld()
    world.learner = { look: away, minutes: () => [] }
    expect(await world.look()).toMatchObject({ to: 5, forecast: undefined, doubts: ['the demand could not be read'] })
    await world.overrides.add({ ...pin, durationMs: 3_600_000 })
    expect(await world.look()).toMatchObject({ to: 8, outcome: 'applied' })
  })

  it('keeps what says nothing new every few seconds only', async () => {
    const world = new ScalingWorld()
    for (let second = 0; second < 12; second += 1) {
      await world.look()
      world.now -= 29_000
    }
    expect(world.memoryDecisions.decisions).toHaveLength(3)
  })

  it('ends an override when its time is over', async () => {
    const world = new ScalingWorld()
    await world.overrides.add({ ...pin, durationMs: 60_000 })
    expect(await world.look()).toMatchObject({ to: 8 })
    world.now += 60_000
    expect(await world.look()).toMatchObject({ to: 5, override: undefined })
  })

  it.each([
    ['a zone that there is not', { timeZone: 'Mars/Olympus' }],
    ['a time that there is not', { start: 'nine' }],
    ['a clause of another version', { clause: 'about' as 'floor' }],
  ])('keeps what is there while a window has %s, and obeys the others', async (_what, broken) => {
    const world = new ScalingWorld()
    const window = { pool: 'checks', timeZone: 'Etc/UTC', days: WEEKDAYS, dates: [], except: [], leadMinutes: 0 }
    const always = { ...window, start: '00:00', end: '00:00', clause: 'floor', count: 7, priority: 0 } as const
    await world.schedules.put({ ...always, name: 'night', ...broken }, 'a hand')
    await world.schedules.put({ ...always, name: 'day' }, 'ada')
    expect(await world.look()).toMatchObject({ to: 7, outcome: 'applied', schedule: ['day'] })
    await world.schedules.remove('day')
    expect(await world.look()).toMatchObject({ to: 7, doubts: ['window night of the schedule cannot be read'] })
    await world.schedules.remove('night')
    expect(await world.look()).toMatchObject({ to: 5, doubts: [] })
  })

  it('does not mind what was said of a pool that is no more', async () => {
    const world = new ScalingWorld()
    await world.overrides.add({ ...pin, pool: 'gone', durationMs: 3_600_000 })
    expect(await world.look()).toMatchObject({ to: 5, override: undefined, doubts: [] })
  })

  it.each([
    [9, 'applied'],
    [5, 'abandoned'],
  ])(
    'settles what was left open by the very count it decides on, where it was not seen before: %d',
    async (count, outcome) => {
      const decisions = new MemoryDecisionStore()
      const died = new ScalingWorld({ decisions })
      died.memoryFleet.setCount = () => new Promise(() => {})
      died.wanted = 9
      void died.look()
      await expect.poll(() => decisions.unsettled()).toHaveLength(1)
      const world = new ScalingWorld({ decisions })
      world.memoryFleet.add('checks', count)
      const { view } = world.memoryFleet
      let asked = 0
      world.memoryFleet.view = async (pool) => {
        asked += 1
        return asked === 1 ? away() : view.call(world.memoryFleet, pool)
      }
      Object.assign(world, { now: died.now + 60_000, term: 2, wanted: 12 })
      expect(await world.look()).toMatchObject({ from: count, to: 12, outcome: 'applied' })
      expect(decisions.decisions[0]).toMatchObject({ to: 9, outcome })
    },
  )

  it('keeps to limits of the fleet that were drawn below the present count, in doubt and whatever a person said', async () => {
    const world = new ScalingWorld()
    world.memoryFleet.add('checks', 9, { min: 1, max: 3 })
    world.seen = { waiting: undefined }
    await world.overrides.add({ ...pin, durationMs: 3_600_000 })
    expect(await world.look()).toMatchObject({ from: 9, to: 3, outcome: 'applied', bounds: { min: 1, max: 3 } })
    expect(await world.look()).toMatchObject({ from: 3, to: 3, outcome: 'none' })
  })
})
