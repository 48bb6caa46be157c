import { DateTime } from 'luxon'
import { describe, expect, it } from 'vitest'
import { createLearner } from '../../../autoscaler/learner.ts'
import { type ScheduleWindow, WEEKDAYS } from '../../../infra/domain/scaling.ts'
import { createMemoryDemandStore } from '../../fakes/demand-store.ts'
import { ScalingWorld } from '../../fixtures/scaling-world.ts'

const ZONE = 'Europe/Berlin'
const wall = (text: string) => DateTime.fromISO(text, { zone: ZONE }).toMillis()

const window: ScheduleWindow = {
  ...{ name: 'opening', pool: 'checks', timeZone: ZONE, days: WEEKDAYS, dates: [], except: [], priority: 0 },
  ...{ start: '09:00', end: '18:00', leadMinutes: 10, clause: 'floor', count: 35 },
}

/** A pool on its first day, with a real forecast that has nothing to go by. */
const firstDay = async (day: string) => {
  const world = new ScalingWorld()
  const demand = createMemoryDemandStore(() => world.now)
  world.learner = createLearner({ demand, clock: world.clock }, 'checks')
  await world.schedules.put(window, 'ada')
  world.now = wall(`${day}T08:45:00`)
  return world
}

describe('a pool without any history that opens at nine', () => {
  it.each(['2026-11-23', '2026-03-29', '2026-10-25'])('has its nodes ten minutes before, on %s', async (day) => {
    const world = await firstDay(day)
    world.seen = { rate: { value: 0, ageMs: 0 } }
    while (world.now < wall(`${day}T08:50:00`)) await world.look()
    expect(world.count()).toBeLessThanOrEqual(5)
    expect(await world.look()).toMatchObject({ to: 35, outcome: 'applied', schedule: ['opening'] })
    // Nodes boot in three minutes: all are there five minutes before the first caller.
    while (world.now < wall(`${day}T09:15:00`)) await world.look()
    expect(world.count()).toBe(35)
    expect(world.memoryFleet.changes.filter(({ count }) => count === 35)).toHaveLength(1)
  })
})
