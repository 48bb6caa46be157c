import type { Simulation } from './simulate.ts'
import { TRACE_STEP_SECONDS } from './trace.ts'

const [WIDTH, HEIGHT, MARGIN] = [1600, 480, 48]
const STEPS_PER_DAY = 86_400 / TRACE_STEP_SECONDS

/** `values` as points of a line, one a pixel: the highest of what falls into it, so that no peak is lost. */
const lineOf = (values: ArrayLike<number>, top: number): string => {
  const span = WIDTH - 2 * MARGIN
  const points = Array.from({ length: span }, (_, pixel) => {
    const from = Math.floor((pixel * values.length) / span)
    const to = Math.max(from + 1, Math.floor(((pixel + 1) * values.length) / span))
    let highest = 0
    for (let index = from; index < to; index += 1) highest = Math.max(highest, values[index] ?? 0)
    const y = HEIGHT - MARGIN - (highest / top) * (HEIGHT - 2 * MARGIN)
    return `${MARGIN + pixel},${y.toFixed(1)}`
  })
  return points.join(' ')
}

/** Demand in nodes, by the minute. */
const demandOf = ({ arrivals }: Simulation, capacity: number): Float64Array => {
  const minute = 60 / TRACE_STEP_SECONDS
  return Float64Array.from({ length: Math.floor(arrivals.length / minute) }, (_, index) => {
    const requests = arrivals.subarray(index * minute, (index + 1) * minute).reduce((sum, one) => sum + one, 0)
    return requests / 60 / capacity
  })
}

const lateMarks = ({ muster }: Simulation): string => {
  const span = WIDTH - 2 * MARGIN
  const marks = new Set<number>()
  for (const [step, late] of muster.late.entries())
    if (late >= 1) marks.add(MARGIN + Math.floor((step * span) / muster.late.length))
  return [...marks]
    .map((x) => `<rect x="${x}" y="${HEIGHT - MARGIN + 4}" width="1" height="10" fill="#c0392b"/>`)
    .join('')
}

/** A picture of a simulation: demand in nodes, the count, and a red mark under every pixel with late requests. */
export const plotSvg = (simulation: Simulation, capacity: number): string => {
  const demand = demandOf(simulation, capacity)
  const top = simulation.muster.desired.reduce((most, count) => Math.max(most, count), 1) * 1.05
  const days = Math.ceil(simulation.arrivals.length / STEPS_PER_DAY)
  const x = (day: number) => MARGIN + ((WIDTH - 2 * MARGIN) * day * STEPS_PER_DAY) / simulation.arrivals.length
  const ticks = Array.from({ length: days }, (_, day) => {
    const label = new Date(simulation.startAt + day * 86_400_000).toISOString().slice(5, 10)
    return `<line x1="${x(day)}" x2="${x(day)}" y1="${MARGIN}" y2="${HEIGHT - MARGIN}" stroke="#ddd"/><text x="${x(day) + 2}" y="${HEIGHT - 12}" font-size="10">${label}</text>`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    `<text x="${MARGIN}" y="24" font-size="14">demand (grey) and count (blue) in nodes, top ${top.toFixed(0)}; red: late requests; counted from day ${simulation.warmUpDays.toFixed(0)}</text>`,
    ...ticks,
    `<polyline fill="none" stroke="#888" points="${lineOf(demand, top)}"/>`,
    `<polyline fill="none" stroke="#2471a3" points="${lineOf(simulation.muster.desired, top)}"/>`,
    lateMarks(simulation),
    '</svg>',
  ].join('\n')
}
