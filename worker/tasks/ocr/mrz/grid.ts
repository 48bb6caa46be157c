/**
 * Where a row's characters stand: character `k` has its middle at `(offset + pitch * k) / (1 + slant * k)` pixels along the
 * row. That is how equal distances look in perspective; a row seen straight on has no slant.
 */
export interface Grid {
  readonly offset: number
  readonly pitch: number
  readonly slant: number
}

/** A character seen somewhere along a row. */
export interface Peak {
  /** pixels along the row */
  readonly at: number
  /** 0..1 */
  readonly weight: number
}

/** The rhythm of some rows: the distance of characters, in pixels once the row is seen straight on. */
export interface Rhythm {
  readonly pitch: number
  /** how much more of the row one end takes up than the other, -1..1 */
  readonly tilt: number
}

/** Pitches tried differ by this ratio: over 44 characters that adds up to less than a tenth of one. */
const PITCH_STEP = 1.002
/** Tilts tried where rows do not beat evenly. A page seen at 45 degrees from 40 cm has about 0.3. */
const TILTS = [-0.32, -0.28, -0.24, -0.2, -0.16, -0.12, -0.08, -0.04, 0.04, 0.08, 0.12, 0.16, 0.2, 0.24, 0.28, 0.32]
/** Rows whose characters keep in step this well (1 = perfectly) are seen straight on. */
const EVEN_STRENGTH = 0.8
/** A peak further off the grid than this share of the pitch is not used to refine it. */
const OUTLIER_SHARE = 0.35
const REFINEMENTS = 3
const MIN_PEAKS = 6

/**
 * Find the pitch at which peaks of all rows repeat: the one with the strongest Fourier component. Characters of a
 * machine-readable zone stand ten to the inch, whatever their shapes.
 * @param rows peaks of each row; rows share the pitch, not the offset
 * @param length of the rows, pixels
 * @param min,max characters in that length; must span less than one octave
 */
export const findRhythm = (rows: readonly (readonly Peak[])[], length: number, min: number, max: number): Rhythm => {
  const total = rows.flat().reduce((sum, { weight }) => sum + weight, 0)
  let best = strongest(rows, length, min, max, 0)
  if (best.strength >= EVEN_STRENGTH * total) return best
  for (const tilt of TILTS) {
    const candidate = strongest(rows, length, min, max, tilt)
    if (candidate.strength > best.strength) best = candidate
  }
  return best
}

const strongest = (
  rows: readonly (readonly Peak[])[],
  length: number,
  min: number,
  max: number,
  tilt: number,
): Rhythm & { readonly strength: number } => {
  const straight = rows.map((peaks) => peaks.map((peak) => straighten(peak, length, tilt)))
  let best = { pitch: length / max, tilt, strength: -1 }
  for (let pitch = length / max; pitch <= length / min; pitch *= PITCH_STEP) {
    const strength = straight.reduce((sum, peaks) => sum + beat(peaks, pitch).strength, 0)
    if (strength > best.strength) best = { pitch, tilt, strength }
  }
  return best
}

/** A peak where it would be if the row were seen straight on, its ends in place. */
const straighten = ({ at, weight }: Peak, length: number, tilt: number): Peak => ({
  at: (at * (1 - tilt)) / (1 - (tilt * at) / length),
  weight,
})

/**
 * Fit a grid of this rhythm to one row's peaks.
 * @param start character 0 stands nearest to here, pixels along the row
 */
export const fitGrid = (peaks: readonly Peak[], { pitch, tilt }: Rhythm, length: number, start: number): Grid => {
  const straight = peaks.map((peak) => straighten(peak, length, tilt))
  const { phase } = beat(straight, pitch)
  const from = straighten({ at: start, weight: 1 }, length, tilt).at
  const first = phase + pitch * Math.round((from - phase) / pitch)
  let grid = intoPerspective(first, pitch, length, tilt)
  for (let round = 0; round < REFINEMENTS; round += 1) grid = refine(peaks, grid, tilt !== 0 || round > 0) ?? grid
  return grid
}

/** An even grid along the straightened row, as it lies along the row itself: `straighten` undone. */
const intoPerspective = (offset: number, pitch: number, length: number, tilt: number): Grid => {
  const scale = 1 - tilt + (tilt * offset) / length
  return { offset: offset / scale, pitch: pitch / scale, slant: (tilt * pitch) / (length * scale) }
}

/** The character position of a point along the row, whole numbers at the middle of a character. */
export const positionAt = ({ offset, pitch, slant }: Grid, at: number): number => (at - offset) / (pitch - slant * at)

const beat = (peaks: readonly Peak[], pitch: number): { strength: number; phase: number } => {
  let cos = 0
  let sin = 0
  for (const { at, weight } of peaks) {
    const turn = (2 * Math.PI * at) / pitch
    cos += weight * Math.cos(turn)
    sin += weight * Math.sin(turn)
  }
  return { strength: Math.hypot(cos, sin), phase: (Math.atan2(sin, cos) / (2 * Math.PI)) * pitch }
}

/**
 * Weighted least squares over the peaks near the grid: `at = offset + pitch * k - slant * k * at` is linear in its unknowns.
 * @returns undefined when there are too few peaks
 */
const refine = (peaks: readonly Peak[], grid: Grid, inPerspective: boolean): Grid | undefined => {
  const normal = [0, 0, 0, 0, 0, 0, 0, 0, 0]
  const right: [number, number, number] = [0, 0, 0]
  let count = 0
  for (const { at, weight } of peaks) {
    const position = positionAt(grid, at)
    const k = Math.round(position)
    if (!(Math.abs(position - k) <= OUTLIER_SHARE)) continue
    count += 1
    const terms = [1, k, inPerspective ? -k * at : 0]
    for (let row = 0; row < 3; row += 1) {
      right[row] = (right[row] as number) + weight * (terms[row] as number) * at
      for (let column = 0; column < 3; column += 1)
        normal[row * 3 + column] =
          (normal[row * 3 + column] as number) + weight * (terms[row] as number) * (terms[column] as number)
    }
  }
  if (count < MIN_PEAKS) return undefined
  if (!inPerspective) normal[8] = 1
  const solution = solve3(normal, right)
  return solution && { offset: solution[0], pitch: solution[1], slant: solution[2] }
}

type Vector = readonly [number, number, number]

/** Cramer's rule. @returns undefined for a singular matrix */
const solve3 = (m: readonly number[], [x, y, z]: Vector): Vector | undefined => {
  const [a, b, c, d, e, f, g, h, i] = m as [number, number, number, number, number, number, number, number, number]
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
  if (Math.abs(determinant) < 1e-9) return undefined
  return [
    (x * (e * i - f * h) - b * (y * i - f * z) + c * (y * h - e * z)) / determinant,
    (a * (y * i - f * z) - x * (d * i - f * g) + c * (d * z - y * g)) / determinant,
    (a * (e * z - y * h) - b * (d * z - y * g) + x * (d * h - e * g)) / determinant,
  ]
}
