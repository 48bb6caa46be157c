import type { DecodedPicture } from '../../../infra/ports/picture-codec.ts'

/**
 * A picture and its halvings, made when first asked for. Sampling from the level nearest the wanted size is what keeps
 * small text from aliasing, at a fraction of the cost of filtering the whole picture for each line.
 */
export interface Pyramid {
  readonly width: number
  readonly height: number
  /**
   * The largest level that is not too large to be sampled pixel by pixel: 0.75 to 1.5 times the wanted size.
   * @param scale wanted size over full size, for example 0.25
   * @returns the level and its own scale (1, 0.5, 0.25 ...)
   */
  level(scale: number): { readonly picture: DecodedPicture; readonly scale: number }
}

/** A level may be this much larger than wanted: bilinear sampling misses hardly a pixel up to this factor. */
const OVERSIZE_RATIO = 1.5

/** Half the picture's size, each pixel the mean of four. An odd last row or column is dropped. */
export const halve = ({ data, width, height }: DecodedPicture): DecodedPicture => {
  const halfWidth = Math.max(1, width >> 1)
  const halfHeight = Math.max(1, height >> 1)
  const right = width > 1 ? 3 : 0
  const down = height > 1 ? width * 3 : 0
  const half = new Uint8Array(halfWidth * halfHeight * 3)
  let to = 0
  for (let y = 0; y < halfHeight; y += 1) {
    let from = y * 2 * width * 3
    for (let x = 0; x < halfWidth; x += 1) {
      for (let channel = 0; channel < 3; channel += 1, from += 1, to += 1) {
        const sum =
          (data[from] ?? 0) + (data[from + right] ?? 0) + (data[from + down] ?? 0) + (data[from + down + right] ?? 0)
        half[to] = (sum + 2) >> 2
      }
      from += 3
    }
  }
  return { data: half, width: halfWidth, height: halfHeight }
}

/** A pyramid over a picture; the picture's own pixels are level 0, nothing is copied. */
export const createPyramid = (picture: DecodedPicture): Pyramid => {
  const levels = [picture]
  return {
    width: picture.width,
    height: picture.height,
    level(wanted) {
      let index = 0
      let scale = 1
      for (;;) {
        const level = levels[index] as DecodedPicture
        if (scale <= wanted * OVERSIZE_RATIO || Math.min(level.width, level.height) < 4)
          return { picture: level, scale }
        levels[index + 1] ??= halve(level)
        index += 1
        scale /= 2
      }
    },
  }
}
