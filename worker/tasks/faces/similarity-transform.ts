import { centreOf, type Frame, type Point } from './geometry.ts'

/** Rotation, uniform scale and shift, no mirror: `(x, y) -> (a x - b y + dx, b x + a y + dy)`. */
export interface SimilarityTransform {
  readonly a: number
  readonly b: number
  readonly dx: number
  readonly dy: number
}

/** The image of a point. */
export const apply = ({ a, b, dx, dy }: SimilarityTransform, { x, y }: Point): Point => ({
  x: a * x - b * y + dx,
  y: b * x + a * y + dy,
})

/** Source pixels a unit of the transform's input covers. */
export const scaleOf = ({ a, b }: SimilarityTransform): number => Math.hypot(a, b)

/** The rotation, degrees, clockwise positive because y points down. */
export const rotationOf = ({ a, b }: SimilarityTransform): number => (Math.atan2(b, a) * 180) / Math.PI

/** The transform from an upright tile of side `side` to the frame it is cut from. */
export const frameTransform = ({ centre, size, degrees }: Frame, side: number): SimilarityTransform => {
  const angle = (degrees * Math.PI) / 180
  const a = (Math.cos(angle) * size) / side
  const b = (Math.sin(angle) * size) / side
  const half = side / 2
  return { a, b, dx: centre.x - a * half + b * half, dy: centre.y - b * half - a * half }
}

/**
 * The transform that brings `from` closest to `to` in the sense of least squares. In the plane the problem is linear in
 * (a, b), so the answer is closed form and never a mirror image.
 * @param from at least two different points; `to` has as many
 * @source S. Umeyama, "Least-squares estimation of transformation parameters between two point patterns", PAMI 1991
 */
export const fitSimilarity = (from: readonly Point[], to: readonly Point[]): SimilarityTransform => {
  const p = centreOf(from)
  const q = centreOf(to)
  let dot = 0
  let cross = 0
  let spread = 0
  for (const [index, point] of from.entries()) {
    const other = to[index] ?? q
    const x = point.x - p.x
    const y = point.y - p.y
    const u = other.x - q.x
    const v = other.y - q.y
    dot += x * u + y * v
    cross += x * v - y * u
    spread += x * x + y * y
  }
  const a = spread === 0 ? 0 : dot / spread
  const b = spread === 0 ? 0 : cross / spread
  return { a, b, dx: q.x - a * p.x + b * p.y, dy: q.y - b * p.x - a * p.y }
}

/** Root mean square distance between the images of `from` and `to`, in the units of `to`. */
export const residualOf = (transform: SimilarityTransform, from: readonly Point[], to: readonly Point[]): number => {
  let sum = 0
  for (const [index, point] of from.entries()) {
    const image = apply(transform, point)
    const other = to[index] ?? image
    sum += (image.x - other.x) ** 2 + (image.y - other.y) ** 2
  }
  return Math.sqrt(sum / from.length)
}
