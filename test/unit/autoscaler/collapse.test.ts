import { expect, it } from 'vitest'
import { collapsedMs, demandAt } from '../../../autoscaler/collapse.ts'
import type { DemandMinute } from '../../../infra/ports/demand-store.ts'

const MINUTE = 60_000
const DAY = 86_400_000
/** A Saturday. */
const NOW = Date.UTC(2026, 10, 21, 12)

/** @param rateAt checks a second in a minute, by how long ago it was */
const history = (days: number, rateAt: (agoMs: number) => number): readonly DemandMinute[] =>
  Array.from({ length: days * 1440 }, (_, index) => {
    const minute = NOW - days * DAY + index * MINUTE
    return { minute, offeredCount: Math.round(60 * rateAt(NOW - minute)), refusedCount: 0 }
  }).filter(({ offeredCount }) => offeredCount > 0)

const collapsed = (days: number, rateAt: (agoMs: number) => number) => collapsedMs(demandAt(history(days, rateAt)), NOW)

it('is how long demand has been less than half of what the last two weeks had', () => {
  expect(collapsed(15, (agoMs) => (agoMs <= 7 * MINUTE ? 9 : 20))).toBe(7 * MINUTE)
  expect(collapsed(15, (agoMs) => (agoMs <= 30 * MINUTE ? 0 : 20))).toBe(30 * MINUTE)
})

it('is nothing while at least half of it comes', () => {
  expect(collapsed(15, () => 20)).toBe(0)
  expect(collapsed(15, (agoMs) => (agoMs <= 7 * MINUTE ? 10 : 20))).toBe(0)
})

it('is over as soon as it comes again', () => {
  expect(collapsed(15, (agoMs) => (agoMs > MINUTE && agoMs <= 30 * MINUTE ? 0 : 20))).toBe(0)
})

it('is believed after one week where yesterday was like it', () => {
  expect(collapsed(8, (agoMs) => (agoMs <= 5 * MINUTE ? 1 : 20))).toBe(5 * MINUTE)
})

it.each<[string, number, (agoMs: number) => number]>([
  ['there is not a week of history', 6, (agoMs) => (agoMs <= 5 * MINUTE ? 0 : 20)],
  ['no two days are alike', 15, (agoMs) => (agoMs <= 5 * MINUTE ? 0 : 100 / (1 + Math.floor(agoMs / DAY)))],
  ['hardly anything is ever wanted', 15, (agoMs) => (agoMs <= 5 * MINUTE ? 0 : 0.2)],
  ['nothing was ever wanted', 15, () => 0],
])('is not known when %s', (_what, days, rateAt) => {
  expect(collapsed(days, rateAt)).toBe(0)
})

it('takes the smaller of two like days, so that one extraordinary day expects nothing', () => {
  const extraordinary = (agoMs: number) => (Math.abs(agoMs - 7 * DAY) < DAY / 2 ? 100 : 20)
  expect(collapsed(15, (agoMs) => (agoMs < DAY / 2 ? 15 : extraordinary(agoMs)))).toBe(0)
})

it('does not look back for ever', () => {
  expect(collapsed(15, (agoMs) => (agoMs < 5 * DAY ? 0 : 20))).toBe(120 * MINUTE)
})

it('counts a minute that is not there as one in which nothing was wanted, but not before the first', () => {
  const demand = demandAt([
    { minute: NOW, offeredCount: 60, refusedCount: 0 },
    { minute: NOW + 2 * MINUTE, offeredCount: 120, refusedCount: 0 },
  ])
  expect(demand(NOW, NOW + MINUTE)).toBe(1)
  expect(demand(NOW, NOW + 3 * MINUTE)).toBe(1)
  expect(demand(NOW + MINUTE, NOW + 2 * MINUTE)).toBe(0)
  expect(demand(NOW - MINUTE, NOW + MINUTE)).toBeUndefined()
  expect(demandAt([])(NOW, NOW + MINUTE)).toBeUndefined()
})
