import type { DecodedPicture } from '../../../infra/ports/picture-codec.ts'
import { brighten } from './levels.ts'
import { shrink } from './shrink.ts'
import { frameTransform, type SimilarityTransform } from './similarity-transform.ts'
import { warp } from './warp.ts'

/** One way of showing a whole picture to the detector. */
export interface Look {
  /** side of the detector's square input, in pixels; a multiple of 32 */
  readonly side: number
  /** how far faces are turned that this look brings upright, clockwise */
  readonly degrees: number
  /** how much of the square the picture's longer side takes */
  readonly fill: number
}

/** The detector's grid has a cell for every so many pixels. */
const CELL = 32
/**
 * From further away, with room around: a face that fills the picture, or is blurred, then looks to the detector like a
 * small sharp one. Of 23 faces cut so tightly that 13 were seen, these two see 17 and 19; of 23 blurred by a seventeenth
 * of the eye distance, where 12 were seen, 21 and 15.
 */
const FURTHER = [
  { side: 416, fill: 0.5 },
  { side: 192, fill: 0.6 },
] as const
/**
 * Closer: for a person in a landscape or a portrait on a scanned page. The detector wants the eyes about 12 pixels apart;
 * more than twice the standard would cost it a hundred megabytes.
 */
const WIDE_SIDE = 832
/** Worth a closer look: the picture has so much more than the standard look shows. */
const WIDE_RATIO = 1.25
/** A scan fed upside down, a phone held sideways. */
const QUARTER_TURNS = [180, 90, 270] as const
/** The rest of a turn, so closely that no face is more than 23 degrees from upright in one of the looks. */
const SLANTS = [45, 315, 135, 225] as const

/** Upright, whole, and as large as the detector was made for. */
export const standardLook = (side: number): Look => ({ side, degrees: 0, fill: 1 })

/** Closer and from further away, for a picture where the standard look showed no sure face. */
export const otherSizes = (picture: DecodedPicture, standardSide: number): Look[] => {
  const longer = Math.max(picture.width, picture.height)
  const wide = Math.min(WIDE_SIDE, Math.floor(longer / CELL) * CELL)
  const looks: Look[] = FURTHER.map((look) => ({ ...look, degrees: 0 }))
  return wide >= standardSide * WIDE_RATIO ? [...looks, { side: wide, degrees: 0, fill: 1 }] : looks
}

const turned = (side: number, turns: readonly number[]): Look[] => turns.map((degrees) => ({ side, degrees, fill: 1 }))

/** The other ways a picture can lie. */
export const quarterTurns = (standardSide: number): Look[] => turned(standardSide, QUARTER_TURNS)

/** Between the quarter turns: the detector finds nearly all faces tilted by up to 20 degrees, but half of those by 45. */
export const slants = (standardSide: number): Look[] => turned(standardSide, SLANTS)

/** A picture as a look shows it. */
export interface Shown {
  /** `side * side` RGB pixels */
  readonly tile: Uint8Array
  /** from pixels of the tile to pixels of the picture */
  readonly toPicture: SimilarityTransform
}

/** The whole picture from the top left of the square, black to the right or below: by far the most frequent look. */
const showPlain = (picture: DecodedPicture, side: number): Shown => {
  const { width, height } = picture
  const scale = Math.max(width, height) / side
  const toPicture = { a: scale, b: 0, dx: 0, dy: 0 }
  if (scale < 1) return { tile: warp(picture, toPicture, side), toPicture }
  const tile = new Uint8Array(side * side * 3)
  const target = { tile, side, width: Math.round(width / scale), height: Math.round(height / scale) }
  shrink(picture, { left: 0, top: 0, width, height }, target)
  return { tile, toPicture }
}

const showTurned = (picture: DecodedPicture, { side, degrees, fill }: Look): Shown => {
  const { width, height } = picture
  const angle = (degrees * Math.PI) / 180
  const [cos, sin] = [Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle))]
  const size = Math.max(width * cos + height * sin, width * sin + height * cos) / fill
  const toPicture = frameTransform({ centre: { x: width / 2, y: height / 2 }, size, degrees }, side)
  return { tile: warp(picture, toPicture, side), toPicture }
}

/** Draw a picture as the detector wants it: all of it, black around, brightened where it is dark. */
export const show = (picture: DecodedPicture, look: Look): Shown => {
  const plain = look.degrees === 0 && look.fill === 1
  const shown = plain ? showPlain(picture, look.side) : showTurned(picture, look)
  brighten(shown.tile)
  return shown
}
