import { expect, it } from 'vitest'
import { ScalingWorld } from '../../fixtures/scaling-world.ts'

const alarms = ({ notices }: ScalingWorld) =>
  notices.filter(({ key }) => key.includes('capacity')).map(({ kind, lines }) => [kind, ...lines])
const ALERT = ['alert', 'a busy node of checks does 4 checks a second, measured were 10: measure it again']

it('tells once that busy nodes do much less than was measured, and once when they do it again', async () => {
  const world = new ScalingWorld()
  world.seen = { capacityPerNode: 10, capacityMeasured: true, livePerNode: 4 }
  await world.look(2)
  expect(alarms(world)).toEqual([])
  await world.look(40)
  expect(alarms(world)).toEqual([ALERT])
  world.seen = { ...world.seen, livePerNode: undefined }
  await world.look()
  expect(alarms(world)).toEqual([ALERT])
  world.seen = { ...world.seen, livePerNode: 9 }
  await world.look()
  expect(alarms(world)).toEqual([ALERT, ['recovered', 'checks: busy nodes do what was measured']])
})

it('tells that the capacity was measured of other models than what runs, and keeps no node for it', async () => {
  const world = new ScalingWorld()
  world.seen = { capacityMeasured: true, capacityDoubt: 'capacity measured for other models' }
  await world.look(40)
  expect(alarms(world)).toEqual([['alert', 'checks: capacity measured for other models: measure it again']])
  expect(world.memoryDecisions.decisions.at(-1)?.doubts).toEqual([])
})

it('keeps no node because of that', async () => {
  const world = new ScalingWorld()
  world.seen = { capacityPerNode: 10, capacityMeasured: true, livePerNode: 40 }
  await world.look(5)
  expect(world.memoryDecisions.decisions.at(-1)?.doubts).toEqual([])
})
