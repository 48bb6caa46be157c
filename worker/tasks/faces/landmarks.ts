import type { DecodedPicture } from '../../../infra/ports/picture-codec.ts'
import { centreOf, type Frame, gap, type Point } from './geometry.ts'
import { apply, frameTransform } from './similarity-transform.ts'
import { warp } from './warp.ts'

/** Side of the landmark net's square input, in pixels. */
export const LANDMARKS_SIDE = 112
/** Points of a face, in the order of iBUG 300-W. Left and right are the picture's. */
const LANDMARK_COUNT = 68
/** Jaw points come first; they follow hair and collars, so they say little about how sure the rest is. */
const FIRST_INNER_POINT = 17

/** What a frame shows, as the landmark net wants it. */
export const landmarksTile = (picture: DecodedPicture, frame: Frame): Uint8Array =>
  warp(picture, frameTransform(frame, LANDMARKS_SIDE), LANDMARKS_SIDE)

/**
 * The net's answer for a frame, in pixels of the picture.
 * @param points 68 interleaved x, y pairs, shares of the tile
 */
export const readLandmarks = (points: Float32Array, frame: Frame): Point[] => {
  const toPicture = frameTransform(frame, 1)
  return Array.from({ length: LANDMARK_COUNT }, (_, index) =>
    apply(toPicture, { x: points[index * 2] ?? Number.NaN, y: points[index * 2 + 1] ?? Number.NaN }),
  )
}

/** Point by point, the middle between two sets of landmarks. */
export const between = (a: readonly Point[], b: readonly Point[]): Point[] =>
  a.map((point, index) => centreOf([point, b[index] ?? point]))

/** The points that pose and size are told from. */
export interface Pose {
  readonly leftEye: Point
  readonly rightEye: Point
  readonly noseTip: Point
  /** distance between the eyes' centres, in pixels */
  readonly eyeDistance: number
}

/** Eye centres and the tip of the nose. @param landmarks 68 points */
export const poseOf = (landmarks: readonly Point[]): Pose => {
  const leftEye = centreOf(landmarks.slice(36, 42))
  const rightEye = centreOf(landmarks.slice(42, 48))
  return { leftEye, rightEye, noseTip: landmarks[30] ?? leftEye, eyeDistance: gap(leftEye, rightEye) }
}

/** How far two sets of landmarks differ: root mean square over the inner points, as a share of the eye distance. */
export const disagreement = (a: readonly Point[], b: readonly Point[]): number => {
  const inner = a.slice(FIRST_INNER_POINT)
  const sum = inner.reduce((total, point, index) => total + gap(point, b[index + FIRST_INNER_POINT] ?? point) ** 2, 0)
  return Math.sqrt(sum / inner.length) / poseOf(between(a, b)).eyeDistance
}
