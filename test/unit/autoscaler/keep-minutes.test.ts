import { expect, it } from 'vitest'
import { keepMinutes } from '../../../autoscaler/keep-minutes.ts'
import { createMemoryMinuteStore } from '../../fakes/minute-store.ts'
import { durations } from '../../fixtures/minutes.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const NOON = Date.UTC(2026, 10, 21, 12)

it('keeps a day by the minute, a week by ten, and lets go of the rest', async () => {
  const store = createMemoryMinuteStore(() => NOON)
  const ages = [0, 1, 61, 62, 24 * 60, 25 * 60 + 1, 25 * 60 + 3, 25 * 60 + 14, 8 * 24 * 60, 8 * 24 * 60 + 1]
  const parts = ages.map((age) => {
    return { at: NOON - age * MINUTE_MS, pool: 'ocr', series: 'hop/fetch' as const, ...durations(5) }
  })
  await store.tell({ source: 'one', number: 1, now: NOON, parts })
  await keepMinutes(store, NOON)
  const kept = await store.minutes('ocr', 0, NOON + 1, MINUTE_MS)
  expect(kept.map(({ at, sums }) => [(NOON - at) / MINUTE_MS, sums['hop/fetch']?.count])).toEqual([
    [8 * 24 * 60, 1],
    [25 * 60 + 20, 1],
    [25 * 60 + 10, 2],
    [24 * 60, 1],
    [62, 1],
    [61, 1],
    [1, 1],
    [0, 1],
  ])
})

it('ends between two steps when it is told to', async () => {
  const ended = new AbortController()
  let rounds = 0
  const store = {
    forget: async () => 0,
    rollUp: async (_before: number, _stepMs: number, limit: number) => {
      rounds += 1
      if (rounds === 3) ended.abort()
      return limit
    },
  }
  await keepMinutes(store, NOON + HOUR_MS, ended.signal)
  expect(rounds).toBe(3)
})
