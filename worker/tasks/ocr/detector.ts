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
export const viewTensor = (pyramid: Pyramid, frame: Frame, width: number, height: number): Float32Array => {
  const { picture, scale } = pyramid.level(Math.max(width / frame.width, height / frame.height))
  const { data, width: sourceWidth, height: sourceHeight } = picture
  const plane = width * height
  const tensor = new Float32Array(plane * 3)
  const gain = DEVIATION.map((deviation) => 1 / (255 * deviation))
  const bias = MEAN.map((mean, channel) => -mean / (DEVIATION[channel] as number))
  const stepX = (frame.width / width) * scale
  const stepY = (frame.height / height) * scale
  const cos = Math.cos(frame.angle)
  const sin = Math.sin(frame.angle)
  // Pixel centres of a halved level lie between those of the full picture: hence the shifts by half a pixel.
  const originX = (frame.origin.x + 0.5) * scale - 0.5
  const originY = (frame.origin.y + 0.5) * scale - 0.5
  for (let row = 0; row < height; row += 1) {
    const across = (row + 0.5) * stepY
    for (let column = 0; column < width; column += 1) {
      const along = (column + 0.5) * stepX
      const x = originX + along * cos - across * sin
      const y = originY + along * sin + across * cos
      if (x < -1 || y < -1 || x > sourceWidth || y > sourceHeight) continue
      const x0 = Math.min(Math.max(Math.floor(x), 0), sourceWidth - 1)
      const y0 = Math.min(Math.max(Math.floor(y), 0), sourceHeight - 1)
      const fx = Math.min(Math.max(x - x0, 0), 1)
      const fy = Math.min(Math.max(y - y0, 0), 1)
      const a = (y0 * sourceWidth + x0) * 3
      const b = x0 < sourceWidth - 1 ? a + 3 : a
      const below = y0 < sourceHeight - 1 ? sourceWidth * 3 : 0
      let at = row * width + column
      for (let channel = 0; channel < 3; channel += 1, at += plane) {
        const source = 2 - channel
        const top = (data[a + source] as number) * (1 - fx) + (data[b + source] as number) * fx
        const bottom = (data[a + below + source] as number) * (1 - fx) + (data[b + below + source] as number) * fx
        tensor[at] = (top + (bottom - top) * fy) * (gain[channel] as number) + (bias[channel] as number)
      }
    }
  }
  return tensor
}

/** The hull of a component's pixels, each taken as a square. */
const hullOf = ({ runs }: Component, place: (x: number, y: number) => Point): readonly Point[] =>
  convexHull(
    runs.flatMap(({ y, from, to }) => [place(from, y), place(to + 1, y), place(from, y + 1), place(to + 1, y + 1)]),
  )
