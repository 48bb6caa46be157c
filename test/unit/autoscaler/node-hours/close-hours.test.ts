import { expect, it } from 'vitest'
import { closeHours } from '../../../../autoscaler/node-hours/close-hours.ts'
import { HOUR_MS } from '../../../../autoscaler/node-hours/node-hours.ts'
import { MemoryDecisionStore } from '../../../fakes/decision-store.ts'
import { createMemoryNodeHourStore } from '../../../fakes/node-hour-store.ts'
import { aKept, aMeasurement } from '../../../fixtures/decisions.ts'

const START = 1_699_999_200_000
const TEN_MINUTES_MS = 600_000

const setUp = async (hours: readonly number[]) => {
  const [decisions, nodeHours] = [new MemoryDecisionStore(), createMemoryNodeHourStore()]
  const measurement = aMeasurement({ placed: { value: 3, ageMs: 0 } })
  for (const hour of hours)
    for (let at = START + hour * HOUR_MS; at < START + (hour + 1) * HOUR_MS; at += TEN_MINUTES_MS)
      await decisions.begin(aKept({ at, measurement }))
  const kept = async () => {
    const rows = await nodeHours.list(0, START + 1_000 * HOUR_MS)
    return rows.map(({ hour, nodeMs }) => [(hour - START) / HOUR_MS, nodeMs / HOUR_MS])
  }
  const close = (hour: number) => closeHours({ decisions, nodeHours }, ['checks'], START + hour * HOUR_MS)
  return { kept, close, decisions }
}

it('keeps each hour once it is over, and what came between two rounds', async () => {
  const { kept, close } = await setUp([0, 1, 2, 3])
  await close(1.02)
  expect(await kept()).toEqual([])
  await close(1.1)
  expect(await kept()).toEqual([[0, 3]])
  await close(3.9)
  expect(await kept()).toEqual([
    [0, 3],
    [1, 3],
    [2, 3],
  ])
})

it('begins with the first look at a pool, and goes on over hours without any', async () => {
  const { kept, close } = await setUp([0, 3])
  await close(5)
  expect(await kept()).toEqual([
    [0, 3],
    [1, 0.25],
    [2, 0],
    [3, 3],
  ])
})
