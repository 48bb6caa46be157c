import { span } from '../words/instants.ts'
import { amount, rate } from '../words/numbers.ts'
import { nowAndHighest } from '../words/summaries.ts'
import { fromLooks, fromMinutes, isTold, type Picture, type PoolChart } from './picture.ts'
import type { Line } from './time-table.ts'

/** Outcomes that are answers: that a picture has no face is one. */
const SERVED = ['succeeded', 'caller-fault', 'accepted', 'waiting'] as const

const served = (picture: Picture): Line =>
  fromMinutes(picture, ({ at, answered }) =>
    isTold(Date.parse(at), picture.stepMs, picture.now)
      ? SERVED.reduce((sum, kind) => sum + (answered[kind] ?? 0), 0) / (picture.stepMs / 1_000)
      : null,
  )

/** A forecast is drawn at the instant it is for, so that what came can be held against it. */
export const forecastLine = (picture: Picture, member: 'expected' | 'low' | 'high'): Line => {
  const sorted = picture.looks
    .flatMap(({ forecast: seen }) => (seen ? [{ at: Date.parse(seen.for), value: seen[member] }] : []))
    .toSorted((a, b) => a.at - b.at)
  return { times: sorted.map(({ at }) => at), values: sorted.map(({ value }) => value) }
}

/** What the days before say of the hours to come, from now on. */
const outlook = ({ plan, now, until }: Picture): Line => {
  const hours = (plan?.hours ?? []).map(({ at, rate: wanted }) => ({ at: Date.parse(at), value: wanted }))
  const present = hours.findLast(({ at }) => at <= now)
  const coming = hours.filter(({ at }) => at > now && at <= until)
  const steps = [...(present ? [{ at: now, value: present.value }] : []), ...coming]
  const last = steps.at(-1)
  const all = last ? [...steps, { at: until, value: last.value }] : []
  return { times: all.map(({ at }) => at), values: all.map(({ value }) => value) }
}

const ahead = ({ looks, now }: Picture): string => {
  const last = looks.findLast(({ forecast: seen }) => seen !== null)?.forecast
  if (!last) return ''
  const length = Date.parse(last.for) - now
  const when = length > 0 ? ` for ${span(length)} ahead` : ''
  return ` Forecast${when}: ${rate(last.expected)}, from ${amount(last.low)} to ${rate(last.high)}.`
}

/** What callers want, what they get, and what is expected. */
export const rateChart: PoolChart = {
  spec: {
    title: 'Rate',
    unit: 'checks a second',
    lines: [
      { name: 'offered', colour: 'blue', width: 2.25 },
      { name: 'served', colour: 'green', dash: [6, 3] },
      { name: 'forecast', colour: 'purple', dash: [2, 3], width: 2 },
      { name: 'at most', colour: 'purple', edge: true },
      { name: 'at least', colour: 'purple', edge: true },
      { name: 'by the days before', colour: 'grey', dash: [1, 4], width: 2, stepped: true },
    ],
    band: [3, 4],
    words: rate,
    tick: amount,
    leastTop: 1,
  },
  linesOf: (picture) => [
    fromLooks(picture, ({ rate: seen }) => seen),
    served(picture),
    ...(['expected', 'high', 'low'] as const).map((member) => forecastLine(picture, member)),
    outlook(picture),
  ],
  summaryOf: ([offered], picture) => `${nowAndHighest('Offered', offered, rate, picture.now)}${ahead(picture)}`,
}
