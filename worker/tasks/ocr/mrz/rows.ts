import { fitGrid, type Grid, type Peak, positionAt, type Rhythm } from './grid.ts'
import { countVotes } from './votes.ts'
import type { RowSightings } from './windows.ts'

/** A row whose characters have found their places. */
export interface RowFit {
  readonly votes: readonly Float32Array[]
  /** mean distance of its characters from their places, in pitches */
  readonly misfit: number
}

/** Neighbouring rows that make a zone. */
export interface RowsFit {
  /** index of the first of them */
  readonly first: number
  readonly rows: readonly RowFit[]
}

/** Characters off their places by more than this are no machine-readable zone; genuine ones measure 0.07. */
const MAX_MISFIT = 0.13
/** The first character may stand this many pitches off from where the detector saw the zone begin. */
const SHIFTS = [0, -1, 1, -2, 2] as const
/** Another beginning must leave this much less weight outside of the lines than the one nearer to the detector's. */
const SHIFT_GAIN = 0.2

/**
 * Put what was seen into lines of `count` characters: as many neighbouring rows as such a format has, all beginning at
 * the same place.
 * @param length of the rows, pixels
 */
export const fitRows = (
  seen: readonly RowSightings[],
  rhythm: Rhythm,
  length: number,
  count: number,
): RowsFit | undefined => {
  const size = count === 30 ? 3 : 2
  let best: RowsFit | undefined
  let most = 0
  for (let first = 0; first + size <= seen.length; first += 1) {
    const members = seen.slice(first, first + size)
    const grids = commonStart(members, rhythm, length, count)
    const rows = members.map((row, index) => fitRow(row, grids[index] as Grid, count))
    if (rows.some(({ misfit }) => misfit > MAX_MISFIT)) continue
    const clear = rows.reduce((sum, row) => sum + clarity(row), 0)
    if (clear > most) {
      most = clear
      best = { first, rows }
    }
  }
  return best
}

/** Grids that all begin at the same place: the one that leaves the least weight outside of the lines. */
const commonStart = (rows: readonly RowSightings[], rhythm: Rhythm, length: number, count: number): readonly Grid[] => {
  const clearest = rows.toSorted((a, b) => totalWeight(b.peaks) - totalWeight(a.peaks))[0]?.peaks ?? []
  const base = fitGrid(clearest, rhythm, length, rhythm.pitch / 2).offset
  let best: readonly Grid[] = []
  let most = Number.NEGATIVE_INFINITY
  for (const shift of SHIFTS) {
    const grids = rows.map(({ peaks }) => fitGrid(peaks, rhythm, length, base + shift * rhythm.pitch))
    const inside = rows.reduce((sum, { peaks }, row) => sum + weightInside(peaks, grids[row] as Grid, count), 0)
    if (inside > most + SHIFT_GAIN * rows.length) {
      most = inside
      best = grids
    }
  }
  return best
}

const totalWeight = (peaks: readonly Peak[]): number => peaks.reduce((sum, { weight }) => sum + weight, 0)

/** How much of the votes the leading characters got. */
const clarity = ({ votes }: RowFit): number => votes.reduce((sum, slot) => sum + Math.max(...slot), 0)

const weightInside = (peaks: readonly Peak[], grid: Grid, count: number): number => {
  let sum = 0
  for (const { at, weight } of peaks) {
    const k = Math.round(positionAt(grid, at))
    if (k >= 0 && k < count) sum += weight
  }
  return sum
}

const fitRow = ({ sightings, peaks }: RowSightings, grid: Grid, count: number): RowFit => {
  const votes = countVotes(sightings, grid, count)
  let off = 0
  let weights = 0
  for (const { at, weight } of peaks) {
    const position = positionAt(grid, at)
    off += Math.abs(position - Math.round(position)) * weight
    weights += weight
  }
  return { votes, misfit: weights === 0 ? 1 : off / weights }
}
