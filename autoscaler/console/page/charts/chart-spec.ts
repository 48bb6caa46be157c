import type { Colour } from './palette.ts'
import type { Line } from './time-table.ts'

/** How one line is drawn and called. Its dash tells it apart where colours do not. */
export interface LineSpec {
  readonly name: string
  readonly colour: Colour
  readonly dash?: readonly number[]
  readonly width?: number
  /** holds until the next value, as counts do */
  readonly stepped?: boolean
  /** filled down to zero */
  readonly filled?: boolean
  /** an edge of a band: not drawn itself, and told of with the band */
  readonly edge?: boolean
  /** may lie outside the picture: the axis is not stretched for it */
  readonly aside?: boolean
}

/** What a chart always has. */
export interface ChartSpec {
  readonly title: string
  /** of its values, in words */
  readonly unit: string
  readonly lines: readonly LineSpec[]
  /** indices of the lines between which it is shaded, upper first */
  readonly band?: readonly [high: number, low: number]
  /** a height that matters, with its name */
  readonly limit?: { readonly value: number; readonly name: string }
  /** a value in words, with its unit */
  readonly words: (value: number) => string
  /** a value beside the axis */
  readonly tick: (value: number) => string
  /** the axis reaches at least so high */
  readonly leastTop: number
}

/** Something that happened at an instant. */
export interface Mark {
  /** epoch ms */
  readonly at: number
  readonly direction: 'up' | 'down'
}

/** What a chart shows at the moment. Instants are epoch ms. */
export interface ChartData {
  readonly lines: readonly Line[]
  readonly from: number
  readonly until: number
  readonly now: number
  /** all of it in a sentence or two */
  readonly summary: string
  readonly marks?: readonly Mark[]
}
