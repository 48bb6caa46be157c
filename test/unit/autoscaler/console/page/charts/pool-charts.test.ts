import { expect, it } from 'vitest'
import { failuresChart, latencyChart, shareOf } from '../../../../../../autoscaler/console/page/charts/answer-charts.ts'
import { countChart } from '../../../../../../autoscaler/console/page/charts/count-chart.ts'
import { dataOf, type Picture } from '../../../../../../autoscaler/console/page/charts/picture.ts'
import { ageChart, depthChart } from '../../../../../../autoscaler/console/page/charts/queue-charts.ts'
import { rateChart } from '../../../../../../autoscaler/console/page/charts/rate-chart.ts'
import { batchChart, busyChart } from '../../../../../../autoscaler/console/page/charts/work-charts.ts'
import { toPoint } from '../../../../../../autoscaler/routes/history.ts'
import { toMinuteResource } from '../../../../../../autoscaler/routes/minutes.ts'
import { aKept, aMeasurement } from '../../../../../fixtures/decisions.ts'
import { sumsOf } from '../../../../../fixtures/minutes.ts'

const NOW = 1_700_000_400_000
const MINUTE_MS = 60_000
const ALL = [rateChart, countChart, depthChart, ageChart, latencyChart, failuresChart, batchChart, busyChart]

const nothing: Picture = {
  ...{ looks: [], minutes: [], plan: undefined, stepMs: MINUTE_MS },
  ...{ from: NOW - 3_600_000, until: NOW + 600_000, now: NOW },
}
const look = (minutesAgo: number, overrides: Parameters<typeof aKept>[0] = {}) =>
  toPoint({ ...aKept({ at: NOW - minutesAgo * MINUTE_MS, from: 8, to: 8, ...overrides }), reason: null })
const picture: Picture = {
  ...nothing,
  looks: [look(2, { from: 5, to: 8 }), look(1), look(0, { measurement: aMeasurement({ waiting: undefined }) })],
  minutes: [1, 0].map((back) => ({
    ...toMinuteResource({ at: NOW - back * MINUTE_MS, sums: sumsOf() }, 0, MINUTE_MS),
    answered: { succeeded: 540, 'caller-fault': 60, refused: 60, error: 6, invalid: 99 },
  })),
}

it.each(ALL.map((chart) => [chart.spec.title, chart] as const))('%s says so when nothing is known', (_title, chart) => {
  const { lines, summary } = dataOf(chart, nothing)
  expect(lines).toHaveLength(chart.spec.lines.length)
  expect(summary).toContain('nothing is known')
})

it.each(ALL.map((chart) => [chart.spec.title, chart] as const))(
  '%s has words and a unit for what it shows',
  (_title, chart) => {
    const { lines, summary } = dataOf(chart, picture)
    expect(summary).not.toContain('undefined')
    expect(chart.spec.unit).not.toBe('')
    for (const { times, values } of lines) expect(times).toHaveLength(values.length)
    expect(lines.some(({ values }) => values.some((seen) => seen !== null))).toBe(chart !== ageChart)
  },
)

it('does not say of what is long over that it is now', () => {
  const later = { ...picture, now: NOW + 60 * MINUTE_MS, until: NOW + 90 * MINUTE_MS }
  expect(dataOf(rateChart, later).summary).toMatch(/^Offered: unknown now, highest 30\/s at/)
  expect(dataOf(latencyChart, later).summary).toMatch(/^p95: unknown now, highest/)
})

it('draws a forecast at the instant it is for', () => {
  const forecast = dataOf(rateChart, picture).lines[2]
  expect(forecast?.times.at(-1)).toBe(NOW + 240_000)
  expect(dataOf(rateChart, picture).summary).toMatch(
    /^Offered 30\/s now.* Forecast for 4 min ahead: 60\/s, from 45 to 75\/s\.$/,
  )
})

it('draws what the days before say from now on, to the end of the picture', () => {
  const hour = NOW - (NOW % 3_600_000)
  const hours = [0, 1].map((ahead) => ({
    at: new Date(hour + ahead * 3_600_000).toISOString(),
    rate: 10 + ahead,
    desired: 1,
  }))
  const plan = { pool: 'checks', at: '', count: 1, trend: null, hours, windows: [], report: [] }
  const line = dataOf(rateChart, { ...picture, plan }).lines[5]
  expect(line?.times[0]).toBe(NOW)
  expect(line?.times.at(-1)).toBe(picture.until)
  expect(line?.values[0]).toBe(10)
})

it('says how many were served of minutes only that are over and told of', () => {
  const served = (now: number) => dataOf(rateChart, { ...picture, now }).lines[1]?.values
  expect(served(NOW + 30_000)).toEqual([10, null])
  expect(served(NOW + MINUTE_MS + 5_000)).toEqual([10, null])
  expect(served(NOW + MINUTE_MS + 15_000)).toEqual([10, 10])
})

it('marks each change of the count, and which way it went', () => {
  expect(dataOf(countChart, picture).marks).toEqual([{ at: NOW - 2 * MINUTE_MS, direction: 'up' }])
})

it('does not count what was wrong with requests among what was to be answered', () => {
  expect(shareOf({ answered: { succeeded: 90, refused: 10, invalid: 900 } }, ['refused'])).toBeCloseTo(0.1)
  expect(shareOf({ answered: { invalid: 3 } }, ['refused'])).toBeNull()
})
