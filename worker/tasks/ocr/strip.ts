import type { Point, RotatedRect } from './geometry.ts'
import type { Pyramid } from './pyramid.ts'

/** A band of the picture that holds one line of text, read from `left` to `right`. Both ends lie on its middle line. */
export interface Strip {
  readonly left: Point
  readonly right: Point
  /** across the text, pixels */
  readonly height: number
}

/** The strip of a rectangle, read along its angle. */
export const stripOf = ({ centre, width, height, angle }: RotatedRect): Strip => {
  const x = (Math.cos(angle) * width) / 2
  const y = (Math.sin(angle) * width) / 2
  return {
    left: { x: centre.x - x, y: centre.y - y },
    right: { x: centre.x + x, y: centre.y + y },
    height,
  }
}

/** Pixels from end to end. */
export const stripLength = ({ left, right }: Strip): number => Math.hypot(right.x - left.x, right.y - left.y)

/** The four corners, clockwise from the start of the text. */
export const stripCorners = (strip: Strip): readonly Point[] => {
  const { left, right, height } = strip
  const length = Math.max(stripLength(strip), 1e-6)
  const x = ((left.y - right.y) / length) * (height / 2)
  const y = ((right.x - left.x) / length) * (height / 2)
  return [
    { x: left.x - x, y: left.y - y },
    { x: right.x - x, y: right.y - y },
    { x: right.x + x, y: right.y + y },
    { x: left.x + x, y: left.y + y },
  ]
}

/** A part of a strip, given in shares of its length; may reach beyond 0..1. */
export const stripPart = (strip: Strip, from: number, to: number): Strip => {
  const point = (share: number): Point => ({
    x: strip.left.x + (strip.right.x - strip.left.x) * share,
    y: strip.left.y + (strip.right.y - strip.left.y) * share,
  })
  return { ...strip, left: point(from), right: point(to) }
}

/** A place for one strip's pixels inside a batch of planar (channel, row, column) float pictures. */
export interface Plane {
  readonly data: Float32Array
  /** index of the first value of the first channel */
  readonly offset: number
  /** values from one row to the next */
  readonly rowStride: number
  /** values from one channel to the next */
  readonly channelStride: number
}

/** Black is -1, white is 1: what the recogniser was trained on. @source PaddleOCR `RecResizeImg` */
const HALF_RANGE = 127.5

/**
 * Straighten a strip into `columns` by `rows` values of -1..1, blue plane first. Outside the picture its edge is repeated.
 * @param from,to the part of the strip to take, as shares of its length; may reach beyond 0..1
 */
export const sampleStrip = (
  pyramid: Pyramid,
  strip: Strip,
  plane: Plane,
  columns: number,
  rows: number,
  from = 0,
  to = 1,
): void => {
  const { picture, scale } = pyramid.level(rows / strip.height)
  const { data, width, height } = picture
  const length = Math.max(stripLength(strip), 1e-6)
  const alongX = (strip.right.x - strip.left.x) / length
  const alongY = (strip.right.y - strip.left.y) / length
  const perRow = (strip.height / rows) * scale
  const maxX = width - 1
  const maxY = height - 1
  for (let column = 0; column < columns; column += 1) {
    const share = from + ((column + 0.5) / columns) * (to - from)
    // Pixel centres of a halved level lie between those of the full picture: hence the shift by half a pixel.
    const centreX = (strip.left.x + alongX * length * share + 0.5) * scale - 0.5
    const centreY = (strip.left.y + alongY * length * share + 0.5) * scale - 0.5
    for (let row = 0; row < rows; row += 1) {
      const across = (row + 0.5 - rows / 2) * perRow
      const x = Math.min(Math.max(centreX - alongY * across, 0), maxX)
      const y = Math.min(Math.max(centreY + alongX * across, 0), maxY)
      const x0 = Math.floor(x)
      const y0 = Math.floor(y)
      const fx = x - x0
      const fy = y - y0
      const a = (y0 * width + x0) * 3
      const b = x0 < maxX ? a + 3 : a
      const below = y0 < maxY ? width * 3 : 0
      let at = plane.offset + row * plane.rowStride + column
      for (let channel = 2; channel >= 0; channel -= 1) {
        const top = (data[a + channel] as number) * (1 - fx) + (data[b + channel] as number) * fx
        const bottom = (data[a + below + channel] as number) * (1 - fx) + (data[b + below + channel] as number) * fx
        plane.data[at] = (top * (1 - fy) + bottom * fy) / HALF_RANGE - 1
        at += plane.channelStride
      }
    }
  }
}
