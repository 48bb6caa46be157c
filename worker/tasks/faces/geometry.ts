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

/** A square in a picture, turned about its centre: what an upright tile is cut from. */
export interface Frame {
  readonly centre: Point
  /** its side, in pixels of the picture */
  readonly size: number
  /** clockwise */
  readonly degrees: number
}

/** The smallest upright rectangle round some points. @param points at least one */
export const boundsOf = (points: readonly Point[]): Region => {
  const left = Math.min(...points.map(({ x }) => x))
  const top = Math.min(...points.map(({ y }) => y))
  return {
    left,
    top,
    width: Math.max(...points.map(({ x }) => x)) - left,
    height: Math.max(...points.map(({ y }) => y)) - top,
  }
}

/** The part of a region that lies in a picture. */
export const clip = (region: Region, picture: { readonly width: number; readonly height: number }): Region => {
  const left = Math.min(Math.max(0, region.left), picture.width)
  const top = Math.min(Math.max(0, region.top), picture.height)
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

/** The middle of a region. */
export const middleOf = ({ left, top, width, height }: Region): Point => ({ x: left + width / 2, y: top + height / 2 })

/** The mean of some points. @param points at least one */
export const centreOf = (points: readonly Point[]): Point => {
  let x = 0
  let y = 0
  for (const point of points) {
    x += point.x
    y += point.y
  }
  return { x: x / points.length, y: y / points.length }
}

/** How far two points are apart. */
export const gap = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y)

/** A point turned clockwise about the origin. */
export const turned = ({ x, y }: Point, degrees: number): Point => {
  const angle = (degrees * Math.PI) / 180
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  return { x: x * cos - y * sin, y: x * sin + y * cos }
}
