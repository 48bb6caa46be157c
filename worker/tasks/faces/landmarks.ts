import type { DecodedPicture } from '../../../infra/ports/picture-codec.ts'
import {
  centreOf,
  type Point,
  type QuarterTurns,
  type Region,
  squareAround,
  turnPoint,
  turnTile,
  undo,
} from './geometry.ts'
import { resample } from './resample.ts'
import { apply, type SimilarityTransform } from './similarity-transform.ts'

/** Side of the landmark net's square input, in pixels. */
export const LANDMARKS_SIDE = 112

/** Points of a face in the order of iBUG 300-W. Left and right are the picture's. */
export const LANDMARK_COUNT = 68
const LEFT_EYE = [36, 42] as const
const RIGHT_EYE = [42, 48] as const
const NOSE_TIP = 30

/**
 * A face's region as the landmark net wants it: scaled so that the longer side fills the square, centred, black around.
 * @param region in pixels of the picture
 * @param turns quarter turns that bring the face upright
 */
export const landmarksTile = (picture: DecodedPicture, region: Region, turns: QuarterTurns): Uint8Array => {
  const scale = LANDMARKS_SIDE / Math.max(region.width, region.height)
  const width = Math.max(1, Math.round(region.width * scale))
  const height = Math.max(1, Math.round(region.height * scale))
  const tile = new Uint8Array(LANDMARKS_SIDE * LANDMARKS_SIDE * 3)
  const left = Math.floor((LANDMARKS_SIDE - width) / 2)
  const top = Math.floor((LANDMARKS_SIDE - height) / 2)
  resample(picture, region, { tile, side: LANDMARKS_SIDE, left, top, width, height })
  return turnTile(tile, LANDMARKS_SIDE, turns)
}

/**
 * The net's answer for a tile made by `landmarksTile`, in pixels of the picture.
 * @param points 68 interleaved x, y pairs, shares of the tile
 */
export const readLandmarks = (points: Float32Array, region: Region, turns: QuarterTurns): Point[] => {
  const square = squareAround(region)
  return Array.from({ length: LANDMARK_COUNT }, (_, index) => {
    const turned = { x: points[index * 2] ?? 0, y: points[index * 2 + 1] ?? 0 }
    const { x, y } = turnPoint(turned, 1, undo(turns))
    return { x: square.left + x * square.width, y: square.top + y * square.height }
  })
}

/** The net's answer for a tile that was warped out of the picture, in pixels of the picture. */
export const readWarpedLandmarks = (points: Float32Array, toPicture: SimilarityTransform): Point[] =>
  Array.from({ length: LANDMARK_COUNT }, (_, index) =>
    apply(toPicture, {
      x: (points[index * 2] ?? 0) * LANDMARKS_SIDE,
      y: (points[index * 2 + 1] ?? 0) * LANDMARKS_SIDE,
    }),
  )

/** The points that pose is estimated from. */
export interface Pose {
  readonly leftEye: Point
  readonly rightEye: Point
  readonly noseTip: Point
}

/** Eye centres and the tip of the nose. @param landmarks 68 points */
export const poseOf = (landmarks: readonly Point[]): Pose => {
  const leftEye = centreOf(landmarks.slice(...LEFT_EYE))
  return {
    leftEye,
    rightEye: centreOf(landmarks.slice(...RIGHT_EYE)),
    noseTip: landmarks[NOSE_TIP] ?? leftEye,
  }
}
