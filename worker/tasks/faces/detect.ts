import type { DecodedPicture } from '../../../infra/ports/picture-codec.ts'
import { frameOf, readGrid, suppress } from './detector.ts'
import type { Frame } from './geometry.ts'
import { type Look, show } from './look.ts'
import { type Net, runNet } from './net.ts'
import type { SimilarityTransform } from './similarity-transform.ts'

/** One picture of a batch, to be looked at in one way. */
export interface LookAt {
  /** which picture of the batch */
  readonly index: number
  readonly picture: DecodedPicture
  readonly look: Look
}

/** A place where the detector saw a face. */
export interface Candidate extends LookAt {
  readonly frame: Frame
  /** the detector's confidence, 0..1 */
  readonly score: number
}

/** Most faces looked at in one picture, the largest first: a crowd must not cost more than a portrait can. */
const MAX_FACES = 5

/** Looks of one size make one batch. */
const detectAtSide = async (detector: Net, lookAts: readonly LookAt[], side: number, batchSize: number) => {
  const toPictures: SimilarityTransform[] = []
  const draws = lookAts.map(({ picture, look }, order) => () => {
    const { tile, toPicture } = show(picture, look)
    toPictures[order] = toPicture
    return tile
  })
  const grids = await runNet(detector, draws, [side, side, 3], batchSize)
  const [minScore, maxOverlap] = [detector.model.threshold('score'), detector.model.threshold('iou')]
  return lookAts.flatMap((lookAt, order) => {
    const [grid, toPicture] = [grids[order], toPictures[order]]
    if (!grid || !toPicture) return []
    return suppress(readGrid(grid, minScore), maxOverlap)
      .map((detection) => ({ ...lookAt, frame: frameOf(detection, toPicture, side), score: detection.score }))
      .toSorted((a, b) => b.frame.size - a.frame.size)
      .slice(0, MAX_FACES)
  })
}

/**
 * Where the detector sees faces, at most five a look.
 * @param batchSize most pictures the net is given at a time
 * @throws InferenceError from the net
 */
export const detect = async (
  detector: Net,
  lookAts: readonly LookAt[],
  batchSize: number,
): Promise<readonly Candidate[]> => {
  const candidates: Candidate[] = []
  for (const [side, group] of Map.groupBy(lookAts, ({ look }) => look.side))
    candidates.push(...(await detectAtSide(detector, group, side, batchSize)))
  return candidates
}
