import type { FaceQuality } from '../../../infra/domain/results.ts'
import { CHIP_SIDE } from './alignment.ts'
import type { Point } from './geometry.ts'
import { poseOf } from './landmarks.ts'

/** Sharpness is judged at half the chip's size: there a small sharp face and a large one look alike. */
const GREY_SIDE = CHIP_SIDE / 2
/** The face without hair and background, in pixels of the halved chip. */
const FACE_FROM = 15
const FACE_TO = 60
/** Half the width of the blur that sharpness is tested with. */
const BLUR_RADIUS = 2
/**
 * What the blur test answers for a face that is lost and for a crisp one. On 18 faces blurred by 0 to 6 pixels of the
 * chip its median fell from 0.48 (0.38 to 0.57) to 0.29 at 2 pixels, 0.20 at 3, 0.14 at 4 and 0.09 (0.07 to 0.11) at 6;
 * the same faces with the eyes only 16 pixels apart, but sharp, gave 0.34 (0.26 to 0.41).
 */
const LOST = 0.08
const CRISP = 0.4
/** How far the tip of the nose stands before the eyes, as a share of the distance between them: 38 of 63 mm on average. */
const NOSE_DEPTH_RATIO = 0.6

const degrees = (radians: number): number => (radians * 180) / Math.PI
const rounded = (value: number, digits: number): number => Number(value.toFixed(digits))

/** Luma of the chip at half size. @source ITU-R BT.601 */
const greyOf = (chip: Uint8Array): Float32Array => {
  const grey = new Float32Array(GREY_SIDE * GREY_SIDE)
  const row = CHIP_SIDE * 3
  for (let y = 0, to = 0; y < GREY_SIDE; y += 1) {
    for (let x = 0; x < GREY_SIDE; x += 1, to += 1) {
      const at = y * 2 * row + x * 6
      const sum = (channel: number): number =>
        (chip[at + channel] as number) +
        (chip[at + channel + 3] as number) +
        (chip[at + channel + row] as number) +
        (chip[at + channel + row + 3] as number)
      grey[to] = (0.299 * sum(0) + 0.587 * sum(1) + 0.114 * sum(2)) / 4
    }
  }
  return grey
}

/** The share of the differences between neighbours, `step` apart, that a blur along the same line takes away. */
const lostToBlur = (grey: Float32Array, step: number): number => {
  let all = 0
  let lost = 0
  for (let y = FACE_FROM; y < FACE_TO; y += 1) {
    for (let x = FACE_FROM; x < FACE_TO; x += 1) {
      const at = y * GREY_SIDE + x
      const difference = Math.abs((grey[at] as number) - (grey[at - step] as number))
      // Two neighbouring box means share all but their ends.
      const ends = (grey[at + BLUR_RADIUS * step] as number) - (grey[at - (BLUR_RADIUS + 1) * step] as number)
      all += difference
      lost += Math.max(0, difference - Math.abs(ends) / (2 * BLUR_RADIUS + 1))
    }
  }
  return all === 0 ? 0 : lost / all
}

/**
 * How sharp a face is: blur it again and see how much is lost; what is blurred already loses little. Depends neither on
 * contrast and light nor on the size of the face.
 * @param chip an aligned face
 * @returns 0 = blurred beyond use, 1 = crisp
 * @source F. Crete et al., "The blur effect: perception and estimation with a new no-reference perceptual blur metric", 2007
 */
export const sharpnessOf = (chip: Uint8Array): number => {
  const grey = greyOf(chip)
  const lost = Math.min(lostToBlur(grey, 1), lostToBlur(grey, GREY_SIDE))
  return Math.min(1, Math.max(0, (lost - LOST) / (CRISP - LOST)))
}

/** Mean luma of the face, 0..1. @param chip an aligned face */
export const brightnessOf = (chip: Uint8Array): number => {
  const grey = greyOf(chip)
  let sum = 0
  for (let y = FACE_FROM; y < FACE_TO; y += 1)
    for (let x = FACE_FROM; x < FACE_TO; x += 1) sum += grey[y * GREY_SIDE + x] as number
  return sum / (FACE_TO - FACE_FROM) ** 2 / 255
}

/** In-plane rotation of the eyes' line, degrees, clockwise positive. @param landmarks 68 points */
export const rollOf = (landmarks: readonly Point[]): number => {
  const { leftEye, rightEye } = poseOf(landmarks)
  return degrees(Math.atan2(rightEye.y - leftEye.y, rightEye.x - leftEye.x))
}

/**
 * How far the head is turned, from where the nose stands between the eyes: a rough estimate, good for telling a profile.
 * @param landmarks 68 points
 * @returns degrees, 0 = frontal, positive = towards the picture's right for an upright face
 */
export const yawOf = (landmarks: readonly Point[]): number => {
  const { leftEye, rightEye, noseTip, eyeDistance } = poseOf(landmarks)
  const along = { x: (rightEye.x - leftEye.x) / eyeDistance, y: (rightEye.y - leftEye.y) / eyeDistance }
  const x = noseTip.x - (leftEye.x + rightEye.x) / 2
  const y = noseTip.y - (leftEye.y + rightEye.y) / 2
  return degrees(Math.atan((x * along.x + y * along.y) / eyeDistance / NOSE_DEPTH_RATIO))
}

/** How usable a face is. @param landmarks 68 points in pixels of the picture @param chip the aligned face */
export const qualityOf = (landmarks: readonly Point[], chip: Uint8Array): FaceQuality => ({
  eyeDistancePx: rounded(poseOf(landmarks).eyeDistance, 1),
  sharpness: rounded(sharpnessOf(chip), 3),
  brightness: rounded(brightnessOf(chip), 3),
  rollDegrees: rounded(rollOf(landmarks), 1),
  yawDegrees: rounded(yawOf(landmarks), 1),
})
