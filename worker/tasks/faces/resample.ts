import type { DecodedPicture } from '../../../infra/ports/picture-codec.ts'
import type { Region } from './geometry.ts'

/** Fixed point: weights carry 12 bits, so that two passes over bytes stay within 32-bit integers. */
const WEIGHT_BITS = 12
const ONE = 1 << WEIGHT_BITS
/** Bits dropped between the passes: 8 + 12 - 4 = 16 bits of sum times 12 bits of weight fit 32 bits. */
const DROPPED_BITS = 4
const FINAL_SHIFT = WEIGHT_BITS * 2 - DROPPED_BITS
const HALF = 1 << (FINAL_SHIFT - 1)
/**
 * Most source pixels averaged per output pixel and axis. From twice as many on, every n-th is read: the average of a part
 * then stands for that of all, and a large picture costs no more than its rows.
 */
const MAX_TAPS = 4

/** Which source pixels make an output pixel: `taps` of them, `stride` apart, from `start` on; weight 0 where there is none. */
interface Axis {
  readonly taps: number
  readonly stride: number
  readonly start: Int32Array
  readonly weights: Int32Array
}

/** How much of source pixel `at` an output pixel over `from`..`to` takes. */
const share = (at: number, from: number, to: number, stride: number): number => {
  if (stride > 1) return at < to ? 1 : 0
  return Math.max(0, Math.min(at + 1, to) - Math.max(at, from))
}

/** The average of the source pixels covered when shrinking, a linear blend of two when growing. */
const axisOf = (origin: number, extent: number, count: number, length: number): Axis => {
  const scale = extent / count
  const shrinks = scale > 1
  const stride = shrinks ? Math.max(1, Math.floor(scale / MAX_TAPS)) : 1
  const taps = shrinks ? Math.ceil(scale / stride) + 1 : 2
  const start = new Int32Array(count)
  const weights = new Int32Array(count * taps)
  for (let out = 0; out < count; out += 1) {
    const from = origin + out * scale
    const centre = from + scale / 2 - 0.5
    // The outermost half pixel is the edge's own colour, not a blend with the black beyond it.
    const held = centre > -1 && centre < length ? Math.min(Math.max(centre, 0), length - 1) : centre
    const first = Math.floor(shrinks ? from : held)
    const raw = Array.from({ length: taps }, (_, tap) =>
      shrinks ? share(first + tap * stride, from, from + scale, stride) : 1 - Math.abs(held - first - tap),
    )
    const total = raw.reduce((sum, part) => sum + part, 0)
    start[out] = Math.min(Math.max(first, -taps * stride), length)
    for (const [tap, part] of raw.entries()) {
      const at = first + tap * stride
      weights[out * taps + tap] = at >= 0 && at < length ? Math.round((part / total) * ONE) : 0
    }
  }
  return { taps, stride, start, weights }
}

/** The columns an axis reads, and where they lie in `sums`. */
interface Span {
  /** bytes of a source row: the first, and one past the last */
  readonly begin: number
  readonly end: number
  /** pixels of zeros before column 0: they stand for the black beyond the picture, so that no inner loop needs bounds */
  readonly margin: number
}

const spanOf = ({ start, taps, stride }: Axis, width: number): Span => {
  const begin = Math.min(Math.max(start[0] ?? 0, 0), width)
  const end = Math.min((start.at(-1) ?? 0) + taps * stride, width)
  return { begin: begin * 3, end: end * 3, margin: taps * stride }
}

/** Weighted sum of source rows, four a sweep. */
const sumRows = (picture: DecodedPicture, rows: Axis, out: number, sums: Int32Array, span: Span): void => {
  const { data, width, height } = picture
  const { begin, end } = span
  const length = width * 3
  const offset = span.margin * 3
  const weightAt = (tap: number): number => (tap < rows.taps ? (rows.weights[out * rows.taps + tap] ?? 0) : 0)
  const baseAt = (tap: number): number => {
    const row = (rows.start[out] ?? 0) + tap * rows.stride
    return row >= 0 && row < height ? row * length : 0
  }
  sums.fill(0, offset + begin, offset + end)
  for (let tap = 0; tap < rows.taps; tap += 4) {
    const [w0, w1, w2, w3] = [weightAt(tap), weightAt(tap + 1), weightAt(tap + 2), weightAt(tap + 3)]
    const [r0, r1, r2, r3] = [baseAt(tap), baseAt(tap + 1), baseAt(tap + 2), baseAt(tap + 3)]
    for (let at = begin; at < end; at += 1) {
      const sum =
        w0 * (data[r0 + at] as number) +
        w1 * (data[r1 + at] as number) +
        w2 * (data[r2 + at] as number) +
        w3 * (data[r3 + at] as number)
      sums[offset + at] = (sums[offset + at] as number) + (sum >> DROPPED_BITS)
    }
  }
}

/** Weighted sums of columns, to bytes from `offset` on. */
const sumColumns = (sums: Int32Array, columns: Axis, margin: number, out: Uint8Array, offset: number): void => {
  const { taps, stride, start, weights } = columns
  const step = stride * 3
  let weight = 0
  for (let column = 0; column < start.length; column += 1) {
    let red = HALF
    let green = HALF
    let blue = HALF
    let at = ((start[column] as number) + margin) * 3
    for (let tap = 0; tap < taps; tap += 1, at += step, weight += 1) {
      const part = weights[weight] as number
      red += (sums[at] as number) * part
      green += (sums[at + 1] as number) * part
      blue += (sums[at + 2] as number) * part
    }
    const to = offset + column * 3
    out[to] = Math.min(255, red >> FINAL_SHIFT)
    out[to + 1] = Math.min(255, green >> FINAL_SHIFT)
    out[to + 2] = Math.min(255, blue >> FINAL_SHIFT)
  }
}

/** Where `resample` draws: `width` by `height` pixels from (`left`, `top`) of an RGB tile that is `side` pixels wide. */
export interface Target {
  readonly tile: Uint8Array
  readonly side: number
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/**
 * Draw a region of a picture into part of a tile. Shrinking averages the covered pixels, so nothing aliases; growing
 * blends linearly. What lies outside the picture is black. The rest of the tile is left alone.
 * @param region in pixels of the picture; may be fractional and may reach over its edges
 */
export const resample = (picture: DecodedPicture, region: Region, target: Target): void => {
  const columns = axisOf(region.left, region.width, target.width, picture.width)
  const rows = axisOf(region.top, region.height, target.height, picture.height)
  const span = spanOf(columns, picture.width)
  const sums = new Int32Array((picture.width + 2 * span.margin) * 3)
  for (let row = 0; row < target.height; row += 1) {
    sumRows(picture, rows, row, sums, span)
    sumColumns(sums, columns, span.margin, target.tile, ((target.top + row) * target.side + target.left) * 3)
  }
}

/** A region of a picture as a new square RGB tile. @param side pixels of the tile, each way */
export const tileOf = (picture: DecodedPicture, region: Region, side: number): Uint8Array => {
  const tile = new Uint8Array(side * side * 3)
  resample(picture, region, { tile, side, left: 0, top: 0, width: side, height: side })
  return tile
}
