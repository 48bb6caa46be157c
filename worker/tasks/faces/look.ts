import type { DecodedPicture } from '../../../infra/ports/picture-codec.ts'
import { resample } from './resample.ts'
import { frameTransform, type SimilarityTransform } from './similarity-transform.ts'
import { warp } from './warp.ts'

/** One way of showing a whole picture to the detector. */
export interface Look {
  /** side of the detector's square input, in pixels; a multiple of 32 */
  readonly side: number
  /** how far faces are turned that this look brings upright, clockwise */
  readonly degrees: number
}

/** The detector's grid has a cell for every so many pixels. */
const CELL = 32
/**
 * Small enough that a face that fills the picture, or is blurred, looks to the detector like a small sharp one. On the
 * test pictures blurred by a seventh of the eye distance it finds faces where the standard look finds none.
 */
const NARROW_SIDE = 192
/**
 * Twice the standard: for a person in a landscape or a portrait on a scanned page. The detector wants the eyes about 12
 * pixels apart; more than this would cost it a hundred megabytes.
 */
const WIDE_SIDE = 832
/** Worth a wide look: the picture has so much more than the standard look shows. */
const WIDE_RATIO = 1.25

/** Upright, and as large as the detector was made for. */
export const standardLook = (side: number): Look => ({ side, degrees: 0 })

/** Closer and from further away, for a picture where the standard look showed no sure face. */
export const otherSizes = (picture: DecodedPicture, standardSide: number): Look[] => {
  const longer = Math.max(picture.width, picture.height)
  const wide = Math.min(WIDE_SIDE, Math.floor(longer / CELL) * CELL)
  const looks = [{ side: NARROW_SIDE, degrees: 0 }]
  if (wide >= standardSide * WIDE_RATIO) looks.push({ side: wide, degrees: 0 })
  return looks
}

/**
 * Turned in steps of 45 degrees, the likeliest first: a scan fed upside down, a phone held sideways, then slanted ones.
 * The detector finds nearly all faces tilted by up to 20 degrees and half of those tilted by 45.
 */
export const otherTurns = (standardSide: number): Look[] =>
  [180, 90, 270, 45, 315, 135, 225].map((degrees) => ({ side: standardSide, degrees }))

/** A picture as a look shows it. */
export interface Shown {
  readonly look: Look
  /** `side * side` RGB pixels */
  readonly tile: Uint8Array
  /** from pixels of the tile to pixels of the picture */
  readonly toPicture: SimilarityTransform
}

/** Draw a picture as the detector wants it: the whole of it, black around. */
export const show = (picture: DecodedPicture, look: Look): Shown => {
  const { side, degrees } = look
  const { width, height } = picture
  if (degrees === 0) {
    const scale = Math.max(width, height) / side
    const tile = new Uint8Array(side * side * 3)
    resample(
      picture,
      { left: 0, top: 0, width, height },
      {
        tile,
        side,
        left: 0,
        top: 0,
        width: Math.max(1, Math.round(width / scale)),
        height: Math.max(1, Math.round(height / scale)),
      },
    )
    return { look, tile, toPicture: { a: scale, b: 0, dx: 0, dy: 0 } }
  }
  const angle = (degrees * Math.PI) / 180
  const [cos, sin] = [Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle))]
  const size = Math.max(width * cos + height * sin, width * sin + height * cos)
  const toPicture = frameTransform({ centre: { x: width / 2, y: height / 2 }, size, degrees }, side)
  return { look, tile: warp(picture, toPicture, side), toPicture }
}
