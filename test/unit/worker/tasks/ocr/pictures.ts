import type { DecodedPicture } from '../../../../../infra/ports/picture-codec.ts'

/** A picture whose pixels a function of their place decides: grey levels 0..255. */
export const drawn = (width: number, height: number, level: (x: number, y: number) => number): DecodedPicture => {
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) data.fill(level(x, y), (y * width + x) * 3, (y * width + x) * 3 + 3)
  return { data, width, height }
}
