import type { Box } from '../../../infra/domain/results.ts'
import { boundsOf, clip, type Frame, middleOf, type Point, turned } from './geometry.ts'
import { poseOf } from './landmarks.ts'
import { rollOf } from './quality.ts'

/** How far the forehead reaches over the line of the eyes, in eye distances: landmarks end at the brows, a face does not. */
const FOREHEAD_RATIO = 1

/** Landmarks with two points of the forehead added. @param landmarks 68 points */
const outlineOf = (landmarks: readonly Point[]): Point[] => {
  const { leftEye, rightEye } = poseOf(landmarks)
  // Up, seen from the face, is a quarter turn from the line of the eyes.
  const up = { x: (rightEye.y - leftEye.y) * FOREHEAD_RATIO, y: (leftEye.x - rightEye.x) * FOREHEAD_RATIO }
  return [...landmarks, ...[leftEye, rightEye].map(({ x, y }) => ({ x: x + up.x, y: y + up.y }))]
}

/** The upright box round a face, forehead included, in whole pixels inside the picture. @param landmarks 68 points */
export const boxOf = (
  landmarks: readonly Point[],
  picture: { readonly width: number; readonly height: number },
): Box => {
  const { left, top, width, height } = clip(boundsOf(outlineOf(landmarks)), picture)
  const [x, y] = [Math.floor(left), Math.floor(top)]
  return { left: x, top: y, width: Math.ceil(left + width) - x, height: Math.ceil(top + height) - y }
}

/**
 * The square round a face, forehead included, turned as the face is.
 * @param landmarks 68 points in pixels of the picture
 * @param factor of its side: 1 just holds the face
 */
export const faceFrame = (landmarks: readonly Point[], factor: number): Frame => {
  const degrees = rollOf(landmarks)
  // Turned back about the picture's corner the face is upright and has a plain box.
  const bounds = boundsOf(outlineOf(landmarks).map((point) => turned(point, -degrees)))
  return {
    centre: turned(middleOf(bounds), degrees),
    size: Math.max(bounds.width, bounds.height) * factor,
    degrees,
  }
}
