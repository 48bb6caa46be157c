import type { DecodedPicture } from '../../../infra/ports/picture-codec.ts'
import { boundsOf } from './geometry.ts'
import { shrink } from './shrink.ts'
import { apply, type SimilarityTransform, scaleOf } from './similarity-transform.ts'

/**
 * Cut a turned square out of a picture into an upright square RGB tile, blending linearly; black outside the picture.
 * Where the tile is much smaller than what it shows, the picture is averaged first, so that nothing aliases.
 * @param toPicture from pixels of the tile to pixels of the picture
 * @param side of the tile, in pixels
 */
export const warp = (picture: DecodedPicture, toPicture: SimilarityTransform, side: number): Uint8Array => {
  const by = Math.floor(scaleOf(toPicture))
  if (!(by >= 2)) return blend(picture, toPicture, side)
  const bounds = boundsOf([0, side].flatMap((x) => [0, side].map((y) => apply(toPicture, { x, y }))))
  // One shrunk pixel more on each side: the blend looks at its neighbours.
  const left = Math.floor(bounds.left) - by
  const top = Math.floor(bounds.top) - by
  const width = Math.ceil(Math.max(bounds.width, bounds.height) / by) + 3
  const data = new Uint8Array(width * width * 3)
  const region = { left, top, width: width * by, height: width * by }
  shrink(picture, region, { tile: data, side: width, width, height: width })
  const { a, b, dx, dy } = toPicture
  return blend(
    { data, width, height: width },
    { a: a / by, b: b / by, dx: (dx - left) / by, dy: (dy - top) / by },
    side,
  )
}

const blend = (picture: DecodedPicture, toPicture: SimilarityTransform, side: number): Uint8Array => {
  const { data, width, height } = picture
  const { a, b, dx, dy } = toPicture
  const tile = new Uint8Array(side * side * 3)
  const row = width * 3
  for (let v = 0, to = 0; v < side; v += 1) {
    for (let u = 0; u < side; u += 1, to += 3) {
      // Pixel centres lie at half coordinates on both sides.
      const x = a * (u + 0.5) - b * (v + 0.5) + dx - 0.5
      const y = b * (u + 0.5) + a * (v + 0.5) + dy - 0.5
      if (!(x >= 0 && y >= 0 && x < width - 1 && y < height - 1)) continue
      const column = Math.floor(x)
      const line = Math.floor(y)
      const right = x - column
      const below = y - line
      const at = line * row + column * 3
      for (let channel = at; channel < at + 3; channel += 1) {
        const upper = (data[channel] as number) * (1 - right) + (data[channel + 3] as number) * right
        const lower = (data[channel + row] as number) * (1 - right) + (data[channel + row + 3] as number) * right
        tile[to + channel - at] = upper * (1 - below) + lower * below + 0.5
      }
    }
  }
  return tile
}
