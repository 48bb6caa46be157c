import type { TextRegion } from './detector.ts'
import { boundingRect, minAreaRect, nearestHalfTurn, type RotatedRect } from './geometry.ts'

/** A line of text on the page, as wide and as high as its print. */
export interface Line {
  readonly rect: RotatedRect
  /** the detector's, 0..1 */
  readonly score: number
}

/** The page's lines, sorted by how they run. */
export interface Page {
  /** radians, the direction most of the text runs along, within a quarter turn of the x axis; its head is not yet known */
  readonly angle: number
  readonly lines: readonly Line[]
  /** lines that run across the others */
  readonly crossing: readonly Line[]
}

/** Below this ratio of width to height a region's own direction is noise: the page's is taken. */
const DIRECTED_RATIO = 2.5
/** A region this far off the page's direction is not one of its lines. */
const SAME_DIRECTION = (20 * Math.PI) / 180
const BIN_COUNT = 60

/**
 * Turn regions into lines: find the direction most text runs along, give every short region that direction, and grow each
 * from the kernel the detector was trained to find to the full line.
 * @param unclipRatio how far to grow: distance = area * ratio / perimeter
 * @source PaddleOCR `DBPostProcess.unclip`
 */
export const layOutPage = (regions: readonly TextRegion[], unclipRatio: number): Page => {
  const rects = regions.flatMap(({ hull, score }) => {
    const rect = minAreaRect(hull)
    return rect && Math.min(rect.width, rect.height) > 0 ? [{ hull, score, rect }] : []
  })
  const directed = rects.filter(({ rect }) => rect.width >= DIRECTED_RATIO * rect.height)
  const angle = mainDirection(directed.map(({ rect }) => rect))
  const lines: Line[] = []
  const crossing: Line[] = []
  for (const { hull, score, rect } of rects) {
    const off = nearestHalfTurn(rect.angle, angle) - angle
    if (rect.width < DIRECTED_RATIO * rect.height)
      lines.push({ rect: unclip(boundingRect(hull, angle), unclipRatio), score })
    else if (Math.abs(off) <= SAME_DIRECTION)
      lines.push({ rect: unclip({ ...rect, angle: angle + off }, unclipRatio), score })
    else if (Math.abs(off) >= Math.PI / 2 - SAME_DIRECTION) crossing.push({ rect: unclip(rect, unclipRatio), score })
  }
  return { angle, lines, crossing }
}

/** The peak of the angles' histogram, weighted by length, refined to the mean around it. */
const mainDirection = (rects: readonly RotatedRect[]): number => {
  const bins = new Float64Array(BIN_COUNT)
  const binOf = (angle: number): number => (Math.round((angle / Math.PI) * BIN_COUNT) + BIN_COUNT) % BIN_COUNT
  for (const { angle, width } of rects) bins[binOf(angle)] = (bins[binOf(angle)] as number) + width
  const smooth = bins.map(
    (own, bin) => own * 2 + (bins.at(bin - 1) as number) + (bins[(bin + 1) % BIN_COUNT] as number),
  )
  const peak = smooth.indexOf(Math.max(...smooth))
  const centre = (peak / BIN_COUNT) * Math.PI
  let sum = 0
  let weight = 0
  for (const { angle, width } of rects) {
    const off = nearestHalfTurn(angle, centre) - centre
    if (Math.abs(off) > SAME_DIRECTION / 3) continue
    sum += off * width
    weight += width
  }
  return weight === 0 ? 0 : nearestHalfTurn(centre + sum / weight, 0)
}

const unclip = (rect: RotatedRect, ratio: number): RotatedRect => {
  const grow = (rect.width * rect.height * ratio) / (rect.width + rect.height)
  return { ...rect, width: rect.width + grow, height: rect.height + grow }
}
