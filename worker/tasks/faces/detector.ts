import type { Frame } from './geometry.ts'
import { middleOf, overlap, type Region } from './geometry.ts'
import { apply, rotationOf, type SimilarityTransform, scaleOf } from './similarity-transform.ts'

/** Numbers a cell of the grid holds: five boxes of centre x, centre y, width, height, score. */
const BOX_LENGTH = 5

/**
 * Widths and heights the five boxes of a cell start from, in cells.
 * @source face-api, tinyFaceDetector/const.ts (learned with the weights)
 */
const ANCHORS = [
  [1.603231, 2.094468],
  [6.041143, 7.080126],
  [2.882459, 3.518061],
  [4.266906, 5.178857],
  [9.041765, 10.66308],
] as const

/** A face the detector saw. */
export interface Detection {
  /** shares of the square the detector looked at */
  readonly region: Region
  /** the detector's confidence, 0..1 */
  readonly score: number
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))
const logit = (p: number): number => Math.log(p / (1 - p))

/**
 * Read one picture's faces off the detector's grid.
 * @param grid `[G, G, 25]`, row by row
 * @param minScore between 0 and 1
 * @returns every box over the score, not suppressed
 * @source J. Redmon, A. Farhadi, "YOLO9000: Better, Faster, Stronger", 2016, section 2 (direct location prediction)
 */
export const readGrid = (grid: Float32Array, minScore: number): Detection[] => {
  const cells = Math.round(Math.sqrt(grid.length / (ANCHORS.length * BOX_LENGTH)))
  const least = logit(minScore)
  const found: Detection[] = []
  for (let at = 0, box = 0; at < grid.length; at += BOX_LENGTH, box += 1) {
    const raw = grid[at + 4] ?? Number.NEGATIVE_INFINITY
    if (!(raw >= least)) continue
    const cell = Math.floor(box / ANCHORS.length)
    const [anchorWidth, anchorHeight] = ANCHORS[box % ANCHORS.length] ?? ANCHORS[0]
    const centreX = ((cell % cells) + sigmoid(grid[at] ?? 0)) / cells
    const centreY = (Math.floor(cell / cells) + sigmoid(grid[at + 1] ?? 0)) / cells
    const width = (Math.exp(grid[at + 2] ?? 0) * anchorWidth) / cells
    const height = (Math.exp(grid[at + 3] ?? 0) * anchorHeight) / cells
    const region = { left: centreX - width / 2, top: centreY - height / 2, width, height }
    found.push({ region, score: sigmoid(raw) })
  }
  return found
}

/**
 * Keep the best of overlapping detections (greedy non-maximum suppression).
 * @param maxOverlap intersection over union from which two detections are the same face
 * @returns best score first
 */
export const suppress = (detections: readonly Detection[], maxOverlap: number): Detection[] => {
  const kept: Detection[] = []
  for (const candidate of detections.toSorted((a, b) => b.score - a.score)) {
    if (kept.every(({ region }) => overlap(region, candidate.region) < maxOverlap)) kept.push(candidate)
  }
  return kept
}

/**
 * Where in the picture a detection lies.
 * @param toPicture from pixels of the square the detector looked at to pixels of the picture
 * @param side of that square, in pixels
 */
export const frameOf = ({ region }: Detection, toPicture: SimilarityTransform, side: number): Frame => {
  const middle = middleOf(region)
  return {
    centre: apply(toPicture, { x: middle.x * side, y: middle.y * side }),
    size: Math.max(region.width, region.height) * side * scaleOf(toPicture),
    degrees: rotationOf(toPicture),
  }
}
