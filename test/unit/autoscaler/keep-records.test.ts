import { expect, it } from 'vitest'
import { keepRecords } from '../../../autoscaler/keep-records.ts'
import { createMemoryBootRecord } from '../../fakes/boot-record.ts'
import { createMemoryDemandStore } from '../../fakes/demand-store.ts'

const DAY = 86_400_000
const NOON = Date.UTC(2026, 10, 21, 12)

const start = async () => {
  const [demand, boots] = [createMemoryDemandStore(() => NOON), createMemoryBootRecord(() => NOON)]
  const put = (source: string, agoMs: number) =>
    demand.put(source, [{ pool: 'ocr', minute: NOON - agoMs, offeredCount: 1, refusedCount: 0 }], NOON)
  for (const agoMs of [36 * DAY, 34 * DAY, 25 * 3_600_000, 23 * 3_600_000]) {
    await put('one', agoMs)
    await put('two', agoMs)
  }
  await boots.started('old', 'ocr', 36 * DAY)
  await boots.started('young', 'ocr', 34 * DAY)
  return { demand, boots, put, all: () => demand.minutes('ocr', 0, NOON) }
}

it('lets go of what is older than five weeks', async () => {
  const { demand, boots, all } = await start()
  await keepRecords({ demand, boots }, NOON)
  expect((await all()).map(({ offeredCount }) => offeredCount)).toEqual([2, 2, 2])
  expect((await boots.starts('ocr', 0, 10)).map(({ workerId }) => workerId)).toEqual(['young'])
})

it('closes what is older than a day, and nothing younger', async () => {
  const { demand, boots, put, all } = await start()
  await keepRecords({ demand, boots }, NOON)
  for (const agoMs of [34 * DAY, 25 * 3_600_000, 23 * 3_600_000]) await put('three', agoMs)
  expect((await all()).map(({ offeredCount }) => offeredCount)).toEqual([2, 2, 3])
})

it('goes on until nothing is left to close', async () => {
  const { boots } = await start()
  const left = [5_000, 5_000, 17, 0]
  const demand = { forget: async () => 0, rollUp: async () => left.shift() ?? 0 }
  await keepRecords({ demand, boots }, NOON)
  expect(left).toEqual([0])
})

it('ends early when the process does', async () => {
  const { boots } = await start()
  const ended = new AbortController()
  const demand = {
    forget: async () => 0,
    async rollUp(_before: number, limit: number) {
      ended.abort()
      return limit
    },
  }
  await expect(keepRecords({ demand, boots }, NOON, ended.signal)).resolves.toBeUndefined()
})
