import type { Point, RotatedRect } from '../geometry.ts'
import type { Line } from '../page.ts'
import type { Strip } from '../strip.ts'

/** A place that may hold a machine-readable zone: two or three long rows of one height, one under the other. */
export interface Zone {
  readonly rows: readonly Strip[]
  /** width of the rows over the distance between them: tells 30, 36 and 44 characters apart */
  readonly widthToPitch: number
  /** indices of the lines the zone was made from */
  readonly members: ReadonlySet<number>
}

/** Pieces of text that stand in one row, in the page's own directions. */
interface Row {
  readonly members: readonly number[]
  readonly left: number
  readonly right: number
  /** across the page, at the row's left and right end */
  readonly acrossLeft: number
  readonly acrossRight: number
  readonly height: number
  /** share of the row's width that is covered with text */
  readonly density: number
}

interface Piece {
  readonly index: number
  readonly left: number
  readonly right: number
  readonly across: number
  readonly slope: number
  readonly height: number
}

/** A zone's rows are at least this many times as wide as high; 30 characters come to about 20. */
const MIN_ASPECT = 9
/** At least this share of a row is seen as text; the detector overlooks some runs of fillers. */
const MIN_DENSITY = 0.4
/** Distance of two rows, in heights of a row. */
const MIN_PITCH = 1
const MAX_PITCH = 4
/** Rows begin and end together, give or take this many heights at the left and, for overlooked fillers, less strictly right. */
const LEFT_TOLERANCE = 3
/** A piece belongs to a row when it lies this close to its middle line, in heights. */
const ROW_TOLERANCE = 0.5
const MAX_HEIGHT_RATIO = 1.8

/**
 * Find the places where a machine-readable zone may be, likeliest first.
 * @param lines as the detector found them
 * @param angle the page's direction; zones are read along it
 */
export const findZones = (lines: readonly Line[], angle: number): readonly Zone[] => {
  const rows = joinRows(lines.map(({ rect }, index) => toPiece(rect, index, angle)))
    .filter((row) => row.right - row.left >= MIN_ASPECT * row.height && row.density >= MIN_DENSITY)
    .toSorted((a, b) => a.acrossLeft - b.acrossLeft)
  const zones: { zone: Zone; score: number }[] = []
  for (const [first, top] of rows.entries()) {
    for (const [second, middle] of rows.entries()) {
      if (second <= first || !follows(top, middle)) continue
      zones.push(rate([top, middle], angle))
      for (const [third, bottom] of rows.entries())
        if (third > second && follows(middle, bottom) && evenlySpaced(top, middle, bottom))
          zones.push(rate([top, middle, bottom], angle))
    }
  }
  return zones.toSorted((a, b) => b.score - a.score).map(({ zone }) => zone)
}

const toPiece = ({ centre, width, height, angle: own }: RotatedRect, index: number, angle: number): Piece => {
  const along = centre.x * Math.cos(angle) + centre.y * Math.sin(angle)
  const across = centre.y * Math.cos(angle) - centre.x * Math.sin(angle)
  const slope = width > 5 * height ? Math.tan(own - angle) : 0
  return { index, left: along - width / 2, right: along + width / 2, across, slope, height }
}

/** Pieces from left to right: each joins the row whose middle line it continues, or begins a new one. */
const joinRows = (pieces: readonly Piece[]): readonly Row[] => {
  const rows: Piece[][] = []
  for (const piece of pieces.toSorted((a, b) => b.right - b.left - (a.right - a.left))) {
    const row = rows.find((members) => members.some((member) => inLine(member, piece)))
    if (row) row.push(piece)
    else rows.push([piece])
  }
  return rows.map(toRow)
}

const inLine = (long: Piece, piece: Piece): boolean => {
  const middle = (piece.left + piece.right) / 2 - (long.left + long.right) / 2
  const off = Math.abs(long.across + middle * long.slope - piece.across)
  return (
    off < ROW_TOLERANCE * Math.min(long.height, piece.height) &&
    long.height < MAX_HEIGHT_RATIO * piece.height &&
    piece.height < MAX_HEIGHT_RATIO * long.height
  )
}

/** Fit the row's middle line through its pieces, each with the weight of its width. */
const toRow = (pieces: readonly Piece[]): Row => {
  const left = Math.min(...pieces.map((piece) => piece.left))
  const right = Math.max(...pieces.map((piece) => piece.right))
  const covered = pieces.reduce((sum, piece) => sum + piece.right - piece.left, 0)
  const middle = weighted(pieces, ({ left: from, right: to }) => (from + to) / 2)
  const across = weighted(pieces, (piece) => piece.across)
  let moment = 0
  let spread = 0
  for (const piece of pieces) {
    const width = piece.right - piece.left
    const off = (piece.left + piece.right) / 2 - middle
    moment += width * off * (piece.across - across) + (width ** 3 / 12) * piece.slope
    spread += width * off * off + width ** 3 / 12
  }
  const slope = moment / spread
  return {
    members: pieces.map(({ index }) => index),
    left,
    right,
    acrossLeft: across + (left - middle) * slope,
    acrossRight: across + (right - middle) * slope,
    height: weighted(pieces, ({ height }) => height),
    density: Math.min(1, covered / (right - left)),
  }
}

const weighted = (pieces: readonly Piece[], value: (piece: Piece) => number): number => {
  const sum = pieces.reduce((total, piece) => total + value(piece) * (piece.right - piece.left), 0)
  return sum / pieces.reduce((total, piece) => total + piece.right - piece.left, 0)
}

const follows = (upper: Row, lower: Row): boolean => {
  const height = Math.max(upper.height, lower.height)
  const pitch = distance(upper, lower)
  const longer = Math.max(upper.right - upper.left, lower.right - lower.left)
  const shorter = Math.min(upper.right - upper.left, lower.right - lower.left)
  return (
    pitch >= MIN_PITCH * height &&
    pitch <= MAX_PITCH * height &&
    Math.abs(upper.left - lower.left) <= LEFT_TOLERANCE * height &&
    height < MAX_HEIGHT_RATIO * Math.min(upper.height, lower.height) &&
    shorter > 0.4 * longer
  )
}

const distance = (upper: Row, lower: Row): number =>
  (lower.acrossLeft + lower.acrossRight - upper.acrossLeft - upper.acrossRight) / 2

const evenlySpaced = (top: Row, middle: Row, bottom: Row): boolean => {
  const ratio = distance(top, middle) / distance(middle, bottom)
  return ratio > 0.7 && ratio < 1.4
}

/** Long, dense, low rows first: that is where the standard puts the zone. */
const rate = (rows: readonly Row[], angle: number): { zone: Zone; score: number } => {
  const left = Math.min(...rows.map((row) => row.left))
  const right = Math.max(...rows.map((row) => row.right))
  const height = rows.reduce((sum, row) => sum + row.height, 0) / rows.length
  const pitch = distance(rows[0] as Row, rows.at(-1) as Row) / (rows.length - 1)
  const zone = {
    rows: rows.map((row) => toStrip(row, left, right, height, angle)),
    widthToPitch: (right - left) / pitch,
    members: new Set(rows.flatMap(({ members }) => members)),
  }
  const covered = rows.reduce((sum, row) => sum + row.density * (row.right - row.left), 0)
  return { zone, score: covered / height }
}

const toStrip = (row: Row, left: number, right: number, height: number, angle: number): Strip => {
  const slope = (row.acrossRight - row.acrossLeft) / (row.right - row.left)
  const point = (along: number): Point => {
    const across = row.acrossLeft + (along - row.left) * slope
    return {
      x: along * Math.cos(angle) - across * Math.sin(angle),
      y: along * Math.sin(angle) + across * Math.cos(angle),
    }
  }
  return { left: point(left), right: point(right), height }
}
