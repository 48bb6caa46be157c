/** Pixels of the upright picture, the centre of the top left pixel at (0, 0). */
export interface Point {
  readonly x: number
  readonly y: number
}

/** A rectangle at any angle, as the text detector finds lines: `width` runs along the text. */
export interface RotatedRect {
  readonly centre: Point
  readonly width: number
  readonly height: number
  /** radians, clockwise on the screen from the x axis to the direction of `width` */
  readonly angle: number
}

/** The convex hull, counter-clockwise in a system whose y axis points down, by Andrew's monotone chain. */
export const convexHull = (points: readonly Point[]): readonly Point[] => {
  const sorted = points.toSorted((a, b) => a.x - b.x || a.y - b.y)
  if (sorted.length < 3) return sorted
  const half = (ordered: readonly Point[]): Point[] => {
    const chain: Point[] = []
    for (const point of ordered) {
      while (chain.length >= 2 && turn(chain.at(-2) as Point, chain.at(-1) as Point, point) <= 0) chain.pop()
      chain.push(point)
    }
    chain.pop()
    return chain
  }
  return [...half(sorted), ...half(sorted.toReversed())]
}

/**
 * The smallest rectangle around the points: one of its sides lies on an edge of their hull.
 * @returns undefined for fewer than two different points
 */
export const minAreaRect = (points: readonly Point[]): RotatedRect | undefined => {
  const hull = convexHull(points)
  let best: RotatedRect | undefined
  for (const [index, from] of hull.entries()) {
    const to = hull[(index + 1) % hull.length] as Point
    const length = Math.hypot(to.x - from.x, to.y - from.y)
    if (length === 0) continue
    const rect = boundingRect(hull, Math.atan2(to.y - from.y, to.x - from.x))
    if (best === undefined || rect.width * rect.height < best.width * best.height) best = rect
  }
  return best && upright(best)
}

/** The bounding rectangle of points whose sides run along and across `angle`. */
export const boundingRect = (points: readonly Point[], angle: number): RotatedRect => {
  const cos = Math.cos(angle)
  const sin = Math.sin(angle)
  let left = Number.POSITIVE_INFINITY
  let right = Number.NEGATIVE_INFINITY
  let top = Number.POSITIVE_INFINITY
  let bottom = Number.NEGATIVE_INFINITY
  for (const { x, y } of points) {
    const along = x * cos + y * sin
    const across = y * cos - x * sin
    left = Math.min(left, along)
    right = Math.max(right, along)
    top = Math.min(top, across)
    bottom = Math.max(bottom, across)
  }
  const along = (left + right) / 2
  const across = (top + bottom) / 2
  return {
    centre: { x: along * cos - across * sin, y: along * sin + across * cos },
    width: right - left,
    height: bottom - top,
    angle,
  }
}

/** The four corners: top left first, then clockwise as the text is read. */
export const corners = ({ centre, width, height, angle }: RotatedRect): readonly [Point, Point, Point, Point] => {
  const alongX = (Math.cos(angle) * width) / 2
  const alongY = (Math.sin(angle) * width) / 2
  const acrossX = (-Math.sin(angle) * height) / 2
  const acrossY = (Math.cos(angle) * height) / 2
  return [
    { x: centre.x - alongX - acrossX, y: centre.y - alongY - acrossY },
    { x: centre.x + alongX - acrossX, y: centre.y + alongY - acrossY },
    { x: centre.x + alongX + acrossX, y: centre.y + alongY + acrossY },
    { x: centre.x - alongX + acrossX, y: centre.y - alongY + acrossY },
  ]
}

/** An angle as the equivalent one within (-half turn/2, half turn/2] of `near`: text lines have no head or tail. */
export const nearestHalfTurn = (angle: number, near: number): number =>
  angle - Math.PI * Math.round((angle - near) / Math.PI)

const turn = (a: Point, b: Point, c: Point): number => (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)

/** The same rectangle with `width` the longer side and the angle within a quarter turn of the x axis. */
const upright = (rect: RotatedRect): RotatedRect => {
  const long =
    rect.width >= rect.height
      ? rect
      : { centre: rect.centre, width: rect.height, height: rect.width, angle: rect.angle + Math.PI / 2 }
  return { ...long, angle: nearestHalfTurn(long.angle, 0) }
}
