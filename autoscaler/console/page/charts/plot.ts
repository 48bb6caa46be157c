import uPlot from '../vendor/uplot.js'
import { tickTimes, tickWords } from './axis-times.ts'
import type { ChartData, ChartSpec, LineSpec } from './chart-spec.ts'
import { ink } from './palette.ts'
import { joinLines, withBreaks } from './time-table.ts'

const FONT = '12px system-ui, sans-serif'
const MS = 1_000
const TICK_PX = 64
const MARK_PX = 5
/** half of the longest words at a tick, less what is beside the picture anyway */
const CLEAR_PX = 16

/** What `createPlot` needs of the chart around it. */
export interface PlotDeps {
  /** what it shows at this moment */
  readonly data: () => ChartData
  /** @param at epoch ms that somebody points at; undefined = nobody does */
  readonly onPoint: (at: number | undefined) => void
}

const seriesOf = ({ name, colour, dash, width, stepped, filled, edge, aside }: LineSpec): uPlot.Series => ({
  label: name,
  width: edge ? 0 : (width ?? 1.75),
  points: { show: false },
  auto: !aside,
  ...(!edge && { stroke: () => ink(colour) }),
  ...(dash && { dash: [...dash] }),
  ...(filled && { fill: () => ink(colour, 0.14) }),
  ...(stepped && uPlot.paths.stepped && { paths: uPlot.paths.stepped({ align: 1 }) }),
})

const axesOf = ({ tick }: ChartSpec, data: () => ChartData): uPlot.Axis[] => {
  const lines = { stroke: () => ink('grid'), width: 1 }
  const common = { stroke: () => ink('axis'), font: FONT, grid: lines, ticks: { ...lines, size: 4 } }
  return [
    {
      ...common,
      size: 28,
      splits: (plot) => {
        const { from, until } = data()
        const [most, clearMs] = [
          Math.max(2, Math.floor(plot.width / TICK_PX)),
          ((until - from) * CLEAR_PX) / plot.width,
        ]
        return tickTimes(from, until, most, clearMs).map((at) => at / MS)
      },
      values: (_plot, splits) => splits.map((at) => tickWords(at * MS)),
      grid: { ...lines, show: false },
    },
    { ...common, size: 48, space: 34, values: (_plot, splits) => splits.map(tick) },
  ]
}

/** What is to come has a ground of its own. */
const drawFuture = ({ ctx, bbox, valToPos }: uPlot, { now, until }: ChartData): void => {
  const left = valToPos(now / MS, 'x', true)
  const right = valToPos(until / MS, 'x', true)
  ctx.save()
  ctx.fillStyle = ink('future')
  ctx.fillRect(left, bbox.top, right - left, bbox.height)
  ctx.fillStyle = ink('now')
  ctx.fillRect(left, bbox.top, devicePixelRatio, bbox.height)
  ctx.restore()
}

const drawLimit = ({ ctx, bbox, valToPos }: uPlot, { value, name }: NonNullable<ChartSpec['limit']>): void => {
  const top = valToPos(value, 'y', true)
  if (!Number.isFinite(top) || top < bbox.top) return
  ctx.save()
  ctx.strokeStyle = ink('limit')
  ctx.fillStyle = ink('limit')
  ctx.lineWidth = 1.5 * devicePixelRatio
  ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio])
  ctx.beginPath()
  ctx.moveTo(bbox.left, top)
  ctx.lineTo(bbox.left + bbox.width, top)
  ctx.stroke()
  ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`
  ctx.textBaseline = 'bottom'
  ctx.textAlign = 'left'
  ctx.fillText(name, bbox.left + 6 * devicePixelRatio, top - 2 * devicePixelRatio)
  ctx.restore()
}

/** Up is a triangle on its base, down one on its tip. */
const drawMarks = ({ ctx, bbox, valToPos }: uPlot, { marks = [] }: ChartData): void => {
  const size = MARK_PX * devicePixelRatio
  const base = bbox.top + bbox.height
  ctx.save()
  ctx.fillStyle = ink('axis')
  let last = bbox.left - size
  for (const { at, direction } of marks) {
    const x = valToPos(at / MS, 'x', true)
    // Of those that would stand on each other the first is shown.
    if (x < last + 2 * size || x > bbox.left + bbox.width) continue
    last = x
    const [foot, tip] = direction === 'up' ? [base, base - 1.6 * size] : [base - 1.6 * size, base]
    ctx.beginPath()
    ctx.moveTo(x - size, foot)
    ctx.lineTo(x + size, foot)
    ctx.lineTo(x, tip)
    ctx.fill()
  }
  ctx.restore()
}

const optionsOf = (spec: ChartSpec, { data, onPoint }: PlotDeps, width: number, height: number): uPlot.Options => ({
  ...{ width, height },
  legend: { show: false },
  padding: [8, 8, 0, 0],
  cursor: {
    y: false,
    drag: { x: false, y: false },
    points: { size: 7 },
    sync: { key: 'console', scales: ['x', null] },
  },
  scales: {
    x: { range: () => [data().from / MS, data().until / MS] },
    y: { range: (_plot, _low, high) => [0, Math.max(spec.leastTop, (high ?? 0) * 1.08)] },
  },
  axes: axesOf(spec, data),
  series: [{}, ...spec.lines.map(seriesOf)],
  ...(spec.band && {
    bands: [
      {
        series: [spec.band[0] + 1, spec.band[1] + 1],
        fill: () => ink(spec.lines[spec.band?.[0] ?? 0]?.colour ?? 'grey', 0.2),
      },
    ],
  }),
  hooks: {
    drawClear: [(plot) => drawFuture(plot, data())],
    draw: [(plot) => spec.limit && drawLimit(plot, spec.limit), (plot) => drawMarks(plot, data())],
    setCursor: [
      ({ cursor, posToVal }) =>
        onPoint(cursor.left === undefined || cursor.left < 0 ? undefined : posToVal(cursor.left, 'x') * MS),
    ],
  },
})

/** The lines as the library wants them: seconds, and one list a line. */
const alignedOf = ({ lines }: ChartData): uPlot.AlignedData => {
  const { times, columns } = joinLines(lines.map(withBreaks))
  return [times.map((at) => at / MS), ...columns.map((column) => [...column])] as uPlot.AlignedData
}

/** A drawing of lines over time. */
export interface Plot {
  /** Draw what there is now. */
  show(): void
  /** Draw again in the colours of now. */
  repaint(): void
  resize(width: number, height: number): void
  /** @param at epoch ms; undefined = point at nothing */
  point(at: number | undefined): void
  end(): void
}

/** Begin one inside an element. */
export const createPlot = (spec: ChartSpec, deps: PlotDeps, room: HTMLElement, height: number): Plot => {
  const plot = new uPlot(optionsOf(spec, deps, Math.max(200, room.clientWidth), height), alignedOf(deps.data()), room)
  return {
    show: () => plot.setData(alignedOf(deps.data())),
    repaint: () => plot.redraw(true, true),
    resize: (width, tall) => plot.setSize({ width, height: tall }),
    point: (at) => plot.setCursor({ left: at === undefined ? -10 : plot.valToPos(at / MS, 'x'), top: 10 }),
    end: () => plot.destroy(),
  }
}
