import type { Point } from './geometry.ts'
import { fitSimilarity, residualOf, type SimilarityTransform, scaleOf } from './similarity-transform.ts'

/** Side of an aligned face, in pixels. */
export const CHIP_SIDE = 150
/** Room around the mean face on every side, as a share of the face's own side. */
const CHIP_PADDING = 0.25

/**
 * Where the points 17..67 of an average frontal face lie, in a square drawn round them.
 * @source dlib, image_transforms/interpolation.h, get_face_chip_details: the mean the recognition net was trained on
 */
const MEAN_FACE: readonly (readonly [number, number])[] = [
  // brows: the picture's left one, then the right one
  [0.000213256, 0.106454],
  [0.0752622, 0.038915],
  [0.18113, 0.0187482],
  [0.29077, 0.0344891],
  [0.393397, 0.0773906],
  [0.586856, 0.0773906],
  [0.689483, 0.0344891],
  [0.799124, 0.0187482],
  [0.904991, 0.038915],
  [0.98004, 0.106454],
  // nose: bridge downwards, then the nostrils
  [0.490127, 0.203352],
  [0.490127, 0.307009],
  [0.490127, 0.409805],
  [0.490127, 0.515625],
  [0.36688, 0.587326],
  [0.426036, 0.609345],
  [0.490127, 0.628106],
  [0.554217, 0.609345],
  [0.613373, 0.587326],
  // eyes
  [0.121737, 0.216423],
  [0.187122, 0.178758],
  [0.265825, 0.179852],
  [0.334606, 0.231733],
  [0.260918, 0.245099],
  [0.182743, 0.244077],
  [0.645647, 0.231733],
  [0.714428, 0.179852],
  [0.793132, 0.178758],
  [0.858516, 0.216423],
  [0.79751, 0.244077],
  [0.719335, 0.245099],
  // mouth: outer, then inner contour
  [0.254149, 0.780233],
  [0.340985, 0.745405],
  [0.428858, 0.727388],
  [0.490127, 0.742578],
  [0.551395, 0.727388],
  [0.639268, 0.745405],
  [0.726104, 0.780233],
  [0.642159, 0.864805],
  [0.556721, 0.902192],
  [0.490127, 0.909281],
  [0.423532, 0.902192],
  [0.338094, 0.864805],
  [0.290379, 0.784792],
  [0.428096, 0.778746],
  [0.490127, 0.785343],
  [0.552157, 0.778746],
  [0.689874, 0.784792],
  [0.553364, 0.824182],
  [0.490127, 0.831803],
  [0.42689, 0.824182],
]
const FIRST_TEMPLATE_POINT = 17

/**
 * Points that stay put on a face: no brows and no lower lip, which move with what the face expresses.
 * @source dlib, get_face_chip_details leaves out 17..26, 55..59 and 65..67
 */
const STEADY_POINTS = Array.from({ length: 68 }, (_, index) => index).filter(
  (index) => index >= 27 && !(index >= 55 && index <= 59) && index < 65,
)

/** Where the steady points lie in a chip, in pixels. */
export const TEMPLATE: readonly Point[] = STEADY_POINTS.map((index) => {
  const [x, y] = MEAN_FACE[index - FIRST_TEMPLATE_POINT] ?? [0, 0]
  const place = (share: number): number => ((CHIP_PADDING + share) / (2 * CHIP_PADDING + 1)) * CHIP_SIDE
  return { x: place(x), y: place(y) }
})

/** The landmarks that have a place in `TEMPLATE`, in its order. @param landmarks 68 points */
export const steadyPoints = (landmarks: readonly Point[]): Point[] =>
  STEADY_POINTS.map((index) => landmarks[index] ?? { x: 0, y: 0 })

/** The transform from pixels of the chip to pixels of the picture. @param landmarks 68 points in pixels of the picture */
export const chipTransform = (landmarks: readonly Point[]): SimilarityTransform =>
  fitSimilarity(TEMPLATE, steadyPoints(landmarks))

/** How far landmarks are from an average face, in pixels of the chip (root mean square). @param landmarks 68 points */
export const chipResidual = (landmarks: readonly Point[]): number => {
  const transform = chipTransform(landmarks)
  return residualOf(transform, TEMPLATE, steadyPoints(landmarks)) / scaleOf(transform)
}
