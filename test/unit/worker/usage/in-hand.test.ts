import { expect, it } from 'vitest'
import type { Series } from '../../../../infra/domain/pool-minute.ts'
import type { Delivery } from '../../../../infra/ports/job-queue.ts'
import { createInHandTime } from '../../../../worker/usage/in-hand.ts'

const start = () => {
  const clock = { at: 1_000, monotonic: () => clock.at }
  let spent: Partial<Record<Series, number>> = {}
  const tally = {
    spend(pool: string, series: Series, ms: number) {
      expect(pool).toBe('ocr')
      spent[series] = (spent[series] ?? 0) + ms
    },
  }
  const inHand = createInHandTime({ tally, clock }, { pool: 'ocr', slotCount: 8, threadCount: 2 })
  const ends: (() => void)[] = []
  const watched = inHand.watch(() => new Promise<void>((resolve) => void ends.push(resolve)))
  const settled = () => {
    inHand.settle()
    const last = spent
    spent = {}
    return last
  }
  return { clock, settled, ends, begin: () => watched({} as Delivery), watch: inHand.watch }
}

it('tells how long a worker was there, busy, and with how much in hand', async () => {
  const { clock, settled, ends, begin } = start()
  clock.at += 100
  const first = begin()
  clock.at += 50
  const second = begin()
  clock.at += 30
  ends[0]?.()
  await first
  clock.at += 20
  expect(settled()).toEqual({ present: 200, busy: 100, 'in-hand': 50 + 2 * 30 + 20, slots: 1_600, threads: 400 })
  clock.at += 10
  ends[1]?.()
  await second
  clock.at += 90
  expect(settled()).toEqual({ present: 100, busy: 10, 'in-hand': 10, slots: 800, threads: 200 })
})

it('was not there while its machine slept', () => {
  const { clock, settled } = start()
  clock.at += 8 * 3_600_000
  expect(settled()).toMatchObject({ present: 60_000, busy: 0 })
})

it('has nothing in hand any more when handling it fails', async () => {
  const { clock, settled, watch } = start()
  await expect(
    watch(async () => {
      throw new Error('no')
    })({} as Delivery),
  ).rejects.toThrow('no')
  clock.at += 100
  expect(settled()).toMatchObject({ busy: 0, 'in-hand': 0 })
})
