import type { DecodedPicture } from '../../../infra/ports/picture-codec.ts'
import type { Region } from './geometry.ts'

/**
 * Most samples taken per output pixel and axis: every source pixel when shrinking to a quarter, two of three at a sixth,
 * which is the most an upright picture of 2560 pixels needs. Twice as many take twice as long and change no score.
 */
const MAX_SAMPLES = 4

/** Byte offsets of the samples of each output pixel along one axis, and how many each has; -1 outside of the picture. */
const samplesOf = (
  origin: number,
  scale: number,
  count: number,
  length: number,
  step: number,
): [Int32Array, number] => {
  const samples = Math.min(MAX_SAMPLES, Math.max(2, Math.round(scale)))
  const offsets = new Int32Array(count * samples)
  for (let index = 0; index < offsets.length; index += 1) {
    const at = Math.floor(origin + ((index + 0.5) * scale) / samples)
    offsets[index] = at >= 0 && at < length ? at * step : -1
  }
  return [offsets, samples]
}

/** Where `shrink` draws: `width` by `height` pixels from the top left of an RGB tile that is `side` pixels wide. */
export interface Target {
  readonly tile: Uint8Array
  readonly side: number
  readonly width: number
  readonly height: number
}

/**
 * Draw a region of a picture into the top left of a tile, each pixel the mean of samples spread evenly over what it covers,
 * so that nothing aliases. What lies outside of the picture is black; the rest of the tile is left alone.
 * @param region in pixels of the picture, at least as large as the target; may reach over the picture's edges
 */
export const shrink = (picture: DecodedPicture, region: Region, { tile, side, width, height }: Target): void => {
  const { data } = picture
  const [columns, across] = samplesOf(region.left, region.width / width, width, picture.width, 3)
  const [rows, down] = samplesOf(region.top, region.height / height, height, picture.height, picture.width * 3)
  const share = 1 / (across * down)
  for (let y = 0; y < height; y += 1) {
    const line = rows.subarray(y * down, (y + 1) * down)
    for (let x = 0, to = y * side * 3; x < width; x += 1, to += 3) {
      let red = 0
      let green = 0
      let blue = 0
      for (let row = 0; row < down; row += 1) {
        const base = line[row] as number
        if (base < 0) continue
        for (let sample = x * across; sample < (x + 1) * across; sample += 1) {
          const offset = columns[sample] as number
          if (offset < 0) continue
          const at = base + offset
          red += data[at] as number
          green += data[at + 1] as number
          blue += data[at + 2] as number
        }
      }
      tile[to] = red * share + 0.5
      tile[to + 1] = green * share + 0.5
      tile[to + 2] = blue * share + 0.5
    }
  }
}
