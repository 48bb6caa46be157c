import type { DecodedPicture } from '../../../infra/ports/picture-codec.ts'
import type { Tensor } from '../../runtimes/runtime.ts'
import { overlap, type Region } from './geometry.ts'
import { resample } from './resample.ts'

/** Side of the square the detector looks at, in pixels. Its grid has a cell for every 32. */
export const DETECTOR_SIDE = 416

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

/** Numbers a box: centre x, centre y, width, height, score. */
const BOX_LENGTH = 5

/** A face the detector saw; the region is in whatever unit its caller names. */
export interface Detection {
  readonly region: Region
  /** the detector's confidence, 0..1 */
  readonly score: number
}

/**
 * A part of a picture as the detector wants it: the longer side scaled to the square, black to the right and below.
 * @param region whole pixels inside the picture
 * @returns `DETECTOR_SIDE` squared RGB bytes
 */
export const detectorTile = (picture: DecodedPicture, region: Region): Uint8Array => {
  const scale = DETECTOR_SIDE / Math.max(region.width, region.height)
  const tile = new Uint8Array(DETECTOR_SIDE * DETECTOR_SIDE * 3)
  resample(picture, region, {
    tile,
    side: DETECTOR_SIDE,
    left: 0,
    top: 0,
    width: Math.max(1, Math.round(region.width * scale)),
    height: Math.max(1, Math.round(region.height * scale)),
  })
  return tile
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))
const logit = (p: number): number => Math.log(p / (1 - p))

/**
 * Read one picture's faces off the detector's grid.
 * @param grid `[N, G, G, 25]`: in each cell five boxes of `(x, y, w, h, score)`
 * @param index which picture of the batch
 * @param minScore 0..1, exclusive of 0 and 1
 * @returns every box over the score, not suppressed; regions are shares of the detector's square
 * @source J. Redmon, A. Farhadi, "YOLO9000: Better, Faster, Stronger", 2016, section 2 (direct location prediction)
 */
export const readGrid = (grid: Tensor, index: number, minScore: number): Detection[] => {
  const cells = grid.dims[1] ?? 0
  const data = grid.data as Float32Array
  const length = cells * cells * ANCHORS.length * BOX_LENGTH
  const least = logit(minScore)
  const found: Detection[] = []
  for (let at = index * length, box = 0; at < (index + 1) * length; at += BOX_LENGTH, box += 1) {
    const raw = data[at + 4] ?? Number.NEGATIVE_INFINITY
    if (!(raw >= least)) continue
    const cell = Math.floor(box / ANCHORS.length)
    const [anchorWidth, anchorHeight] = ANCHORS[box % ANCHORS.length] ?? ANCHORS[0]
    const centreX = ((cell % cells) + sigmoid(data[at] ?? 0)) / cells
    const centreY = (Math.floor(cell / cells) + sigmoid(data[at + 1] ?? 0)) / cells
    const width = (Math.exp(data[at + 2] ?? 0) * anchorWidth) / cells
    const height = (Math.exp(data[at + 3] ?? 0) * anchorHeight) / cells
    found.push({
      region: { left: centreX - width / 2, top: centreY - height / 2, width, height },
      score: sigmoid(raw),
    })
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
