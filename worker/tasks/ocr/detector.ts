import { InferenceError } from '../../runtimes/errors.ts'
import type { Session } from '../../runtimes/runtime.ts'
import { type Component, findComponents } from './components.ts'
import { type Frame, toPicture } from './frame.ts'
import { convexHull, type Point } from './geometry.ts'
import type { Pyramid } from './pyramid.ts'

/** A place where the detector sees text: the kernel of a line, narrower than the line itself on all sides. */
export interface TextRegion {
  /** in pixels of the picture */
  readonly hull: readonly Point[]
  /** mean probability of text inside it, 0..1 */
  readonly score: number
}

/** The network halves its maps five times. */
const SIDE_STEP_PX = 32
/** Text that has to be enlarged more than this has no detail left to find. */
const MAX_ENLARGEMENT = 3
/** @source PaddleOCR `DBPostProcess`: thresh 0.3, box_thresh 0.6; 0.5 here, for faint print on guilloche */
const PIXEL_THRESHOLD = 0.3
const REGION_THRESHOLD = 0.5
const MIN_AREA_PX = 12
/** ImageNet's mean and deviation, applied to blue, green, red in this order. @source PaddleOCR `NormalizeImage` */
const MEAN = [0.485, 0.456, 0.406] as const
const DEVIATION = [0.229, 0.224, 0.225] as const
/** The same as one multiplication and one addition a value. */
const GAIN = [1 / (255 * DEVIATION[0]), 1 / (255 * DEVIATION[1]), 1 / (255 * DEVIATION[2])] as const
const BIAS = [-MEAN[0] / DEVIATION[0], -MEAN[1] / DEVIATION[1], -MEAN[2] / DEVIATION[2]] as const

/**
 * Find the lines of text in a view of the picture with PP-OCR's detector (differentiable binarisation).
 * @param longSidePx the view's longer side as the network sees it
 * @returns regions in no particular order
 * @source Liao et al., Real-time Scene Text Detection with Differentiable Binarization, 2019
 * @throws InferenceError from the session, or when the answer has a wrong size
 */
export const detectText = async (
  session: Session,
  pyramid: Pyramid,
  frame: Frame,
  longSidePx: number,
): Promise<readonly TextRegion[]> => {
  const scale = Math.min(longSidePx / Math.max(frame.width, frame.height), MAX_ENLARGEMENT)
  const width = roundSide(frame.width * scale)
  const height = roundSide(frame.height * scale)
  const [input] = session.inputs
  const [output] = session.outputs
  if (input === undefined || output === undefined)
    throw new InferenceError(new TypeError('the text detector has no input or no output'))
  const data = viewTensor(pyramid, frame, width, height)
  const map = (await session.run({ [input]: { dims: [1, 3, height, width], data } }))[output]?.data
  if (!(map instanceof Float32Array) || map.length !== width * height)
    throw new InferenceError(new TypeError('the text detector gave no probability map of its input size'))
  const place = (x: number, y: number): Point =>
    toPicture(frame, (x / width) * frame.width, (y / height) * frame.height)
  return findComponents(map, width, height, PIXEL_THRESHOLD, MIN_AREA_PX)
    .filter(({ mean }) => mean >= REGION_THRESHOLD)
    .map((component) => ({ hull: hullOf(component, place), score: component.mean }))
}

const roundSide = (side: number): number => Math.max(SIDE_STEP_PX, Math.round(side / SIDE_STEP_PX) * SIDE_STEP_PX)

/** The view resized to exactly `width` by `height`, normalised, blue plane first; what lies outside the picture is 0. */
const viewTensor = (pyramid: Pyramid, frame: Frame, width: number, height: number): Float32Array => {
  const { picture, scale } = pyramid.level(Math.max(width / frame.width, height / frame.height))
  const { data, width: sourceWidth, height: sourceHeight } = picture
  const plane = width * height
  const tensor = new Float32Array(plane * 3)
  const [gainBlue, gainGreen, gainRed] = GAIN
  const [biasBlue, biasGreen, biasRed] = BIAS
  const stepX = (frame.width / width) * scale
  const stepY = (frame.height / height) * scale
  const cos = Math.cos(frame.angle)
  const sin = Math.sin(frame.angle)
  // Pixel centres of a halved level lie between those of the full picture: hence the shifts by half a pixel.
  const originX = (frame.origin.x + 0.5) * scale - 0.5 + (cos * stepX - sin * stepY) / 2
  const originY = (frame.origin.y + 0.5) * scale - 0.5 + (sin * stepX + cos * stepY) / 2
  for (let row = 0, at = 0; row < height; row += 1) {
    let x = originX - row * stepY * sin
    let y = originY + row * stepY * cos
    for (let column = 0; column < width; column += 1, at += 1, x += stepX * cos, y += stepX * sin) {
      if (x < -1 || y < -1 || x > sourceWidth || y > sourceHeight) continue
      const x0 = x < 0 ? 0 : x >= sourceWidth - 1 ? sourceWidth - 1 : x | 0
      const y0 = y < 0 ? 0 : y >= sourceHeight - 1 ? sourceHeight - 1 : y | 0
      const fx = x > x0 ? x - x0 : 0
      const fy = y > y0 ? y - y0 : 0
      const a = (y0 * sourceWidth + x0) * 3
      const b = x0 < sourceWidth - 1 ? a + 3 : a
      const below = y0 < sourceHeight - 1 ? sourceWidth * 3 : 0
      const topLeft = (1 - fx) * (1 - fy)
      const topRight = fx * (1 - fy)
      const bottomLeft = (1 - fx) * fy
      const bottomRight = fx * fy
      // Written out for each channel: this is most of the script's own work on a document.
      tensor[at] =
        ((data[a + 2] as number) * topLeft +
          (data[b + 2] as number) * topRight +
          (data[a + below + 2] as number) * bottomLeft +
          (data[b + below + 2] as number) * bottomRight) *
          gainBlue +
        biasBlue
      tensor[at + plane] =
        ((data[a + 1] as number) * topLeft +
          (data[b + 1] as number) * topRight +
          (data[a + below + 1] as number) * bottomLeft +
          (data[b + below + 1] as number) * bottomRight) *
          gainGreen +
        biasGreen
      tensor[at + 2 * plane] =
        ((data[a] as number) * topLeft +
          (data[b] as number) * topRight +
          (data[a + below] as number) * bottomLeft +
          (data[b + below] as number) * bottomRight) *
          gainRed +
        biasRed
    }
  }
  return tensor
}

/** The hull of a component's pixels, each taken as a square. */
const hullOf = ({ runs }: Component, place: (x: number, y: number) => Point): readonly Point[] =>
  convexHull(
    runs.flatMap(({ y, from, to }) => [place(from, y), place(to + 1, y), place(from, y + 1), place(to + 1, y + 1)]),
  )
