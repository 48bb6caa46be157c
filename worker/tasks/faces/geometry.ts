/** A point in pixels; x to the right, y down. Pixel centres lie at half coordinates: the first pixel spans 0..1. */
export interface Point {
  readonly x: number
  readonly y: number
}

/** An upright rectangle in pixels. May be fractional and may reach over the picture's edges. */
export interface Region {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** Clockwise quarter turns of the whole picture. */
export const QUARTER_TURNS = [0, 1, 2, 3] as const
export type QuarterTurns = (typeof QUARTER_TURNS)[number]

/** The turn that undoes `turns`. */
export const undo = (turns: QuarterTurns): QuarterTurns => QUARTER_TURNS[(4 - turns) % 4] ?? 0

/** Where a point of a square with side `side` lies after the square was turned clockwise. */
export const turnPoint = ({ x, y }: Point, side: number, turns: QuarterTurns): Point => {
  if (turns === 1) return { x: side - y, y: x }
  if (turns === 2) return { x: side - x, y: side - y }
  if (turns === 3) return { x: y, y: side - x }
  return { x, y }
}

/** Where a region of a square with side `side` lies after the square was turned clockwise. */
export const turnRegion = ({ left, top, width, height }: Region, side: number, turns: QuarterTurns): Region => {
  const a = turnPoint({ x: left, y: top }, side, turns)
  const b = turnPoint({ x: left + width, y: top + height }, side, turns)
  return {
    left: Math.min(a.x, b.x),
    top: Math.min(a.y, b.y),
    width: Math.abs(a.x - b.x),
    height: Math.abs(a.y - b.y),
  }
}

/** Turn a square RGB tile (`side * side * 3` bytes) clockwise. */
export const turnTile = (tile: Uint8Array, side: number, turns: QuarterTurns): Uint8Array => {
  if (turns === 0) return tile
  const out = new Uint8Array(tile.length)
  const last = side - 1
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const column = turns === 1 ? last - y : turns === 2 ? last - x : y
      const row = turns === 1 ? x : turns === 2 ? last - y : last - x
      const from = (y * side + x) * 3
      const to = (row * side + column) * 3
      out[to] = tile[from] ?? 0
      out[to + 1] = tile[from + 1] ?? 0
      out[to + 2] = tile[from + 2] ?? 0
    }
  }
  return out
}

/** The square with the region's centre whose side is its longer side times `factor`. */
export const squareAround = ({ left, top, width, height }: Region, factor = 1): Region => {
  const side = Math.max(width, height) * factor
  return { left: left + (width - side) / 2, top: top + (height - side) / 2, width: side, height: side }
}

/** The part of a region that lies in a picture. */
export const clip = (region: Region, picture: { readonly width: number; readonly height: number }): Region => {
  const left = Math.max(0, region.left)
  const top = Math.max(0, region.top)
  return {
    left,
    top,
    width: Math.max(0, Math.min(picture.width, region.left + region.width) - left),
    height: Math.max(0, Math.min(picture.height, region.top + region.height) - top),
  }
}

/** Intersection over union of two regions: 0 = apart, 1 = the same. */
export const overlap = (a: Region, b: Region): number => {
  const width = Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left)
  const height = Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top)
  if (width <= 0 || height <= 0) return 0
  const shared = width * height
  return shared / (a.width * a.height + b.width * b.height - shared)
}

/** The middle of some points. @param points at least one */
export const centreOf = (points: readonly Point[]): Point => {
  let x = 0
  let y = 0
  for (const point of points) {
    x += point.x
    y += point.y
  }
  return { x: x / points.length, y: y / points.length }
}
