import type { Strip } from './strip.ts'

/** Where a line stands in the page's own directions, pixels: along its text and across it. */
export interface Place {
  readonly left: number
  readonly right: number
  /** of the middle line; grows downwards */
  readonly across: number
  readonly height: number
}

/** A line with its place. */
export type Placed<T> = T & Place

/** Lines closer than this, in heights, stand in one row. */
const SAME_ROW = 0.5

/**
 * Put lines into the order one reads them: rows from top to bottom, each from left to right, however the page lies in the
 * picture.
 * @param angle radians, the direction the text runs in
 */
export const inReadingOrder = <T extends { readonly strip: Strip }>(
  lines: readonly T[],
  angle: number,
): readonly Placed<T>[] => {
  const placed = lines.map((line) => ({ ...line, ...placeOf(line.strip, angle) }))
  const rows: Placed<T>[][] = []
  for (const line of placed.toSorted((a, b) => a.across - b.across)) {
    const row = rows.at(-1)
    const [first] = row ?? []
    if (row && first && line.across - first.across < SAME_ROW * Math.min(first.height, line.height)) row.push(line)
    else rows.push([line])
  }
  return rows.flatMap((row) => row.toSorted((a, b) => a.left - b.left))
}

const placeOf = ({ left, right, height }: Strip, angle: number): Place => {
  const cos = Math.cos(angle)
  const sin = Math.sin(angle)
  return {
    left: left.x * cos + left.y * sin,
    right: right.x * cos + right.y * sin,
    across: ((left.y + right.y) * cos - (left.x + right.x) * sin) / 2,
    height,
  }
}
