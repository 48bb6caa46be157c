import { type Line, withBreaks } from '../charts/time-table.ts'
import { svg } from '../dom/element.ts'

const WIDTH = 240
const HEIGHT = 44

interface Stroke {
  readonly line: Line
  readonly ink: string
  readonly dash?: string
}

const pathOf = (line: Line, x: (at: number) => number, y: (value: number) => number): string => {
  let pen = 'M'
  const { times, values } = withBreaks(line)
  return times
    .map((at, index) => {
      const seen = values[index] ?? null
      if (seen === null) {
        pen = 'M'
        return ''
      }
      const step = `${pen}${x(at).toFixed(1)} ${y(seen).toFixed(1)}`
      pen = 'L'
      return step
    })
    .join('')
}

/** Lines without axes, beside the numbers that say the same. @param from epoch ms @param until epoch ms */
export const spark = (strokes: readonly Stroke[], from: number, until: number, now: number): SVGSVGElement => {
  const known = strokes.flatMap(({ line }) => line.values.filter((seen) => seen !== null))
  const top = Math.max(1, ...known) * 1.1
  const x = (at: number) => ((at - from) / (until - from)) * WIDTH
  const y = (value: number) => HEIGHT - (value / top) * HEIGHT
  return svg(
    'svg',
    { class: 'spark', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    svg('rect', { class: 'spark-future', x: x(now), y: 0, width: Math.max(0, WIDTH - x(now)), height: HEIGHT }),
    ...strokes.map(({ line, ink, dash }) =>
      svg('path', {
        class: `ink-${ink}`,
        d: pathOf(line, x, y),
        'vector-effect': 'non-scaling-stroke',
        ...(dash && { 'stroke-dasharray': dash }),
      }),
    ),
  )
}
