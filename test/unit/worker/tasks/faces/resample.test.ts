import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DecodedPicture } from '../../../../../infra/ports/picture-codec.ts'
import { resample, tileOf } from '../../../../../worker/tasks/faces/resample.ts'

const paint = (width: number, height: number, colour: (x: number, y: number) => [number, number, number]) => {
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) data.set(colour(x, y), (y * width + x) * 3)
  return { data, width, height } satisfies DecodedPicture
}
const whole = ({ width, height }: DecodedPicture) => ({ left: 0, top: 0, width, height })
const noise = (width: number, height: number) =>
  paint(width, height, (x, y) => [(x * 37 + y * 91) % 256, (x * x + y) % 256, (x * y * 7) % 256])

/** The definition, by brute force: the mean of the covered area, colour by colour, black outside. */
const areaMean = (picture: DecodedPicture, left: number, top: number, side: number, channel: number): number => {
  let sum = 0
  for (let y = Math.floor(top); y < top + side; y += 1)
    for (let x = Math.floor(left); x < left + side; x += 1) {
      if (x < 0 || y < 0 || x >= picture.width || y >= picture.height) continue
      const wide = Math.min(x + 1, left + side) - Math.max(x, left)
      const high = Math.min(y + 1, top + side) - Math.max(y, top)
      sum += (picture.data[(y * picture.width + x) * 3 + channel] ?? 0) * wide * high
    }
  return sum / side ** 2
}

describe('resample', () => {
  it('copies pixel by pixel at the same size', () => {
    const picture = noise(9, 9)
    expect(tileOf(picture, whole(picture), 9)).toEqual(picture.data)
  })

  it('averages exactly the area that a pixel covers, also in fractions and over the edge', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -12, max: 25, noNaN: true }),
        fc.double({ min: -12, max: 25, noNaN: true }),
        fc.double({ min: 8.1, max: 39, noNaN: true }),
        (left, top, size) => {
          const picture = noise(31, 23)
          const tile = tileOf(picture, { left, top, width: size, height: size }, 5)
          for (let y = 0; y < 5; y += 1)
            for (let x = 0; x < 5; x += 1)
              for (let channel = 0; channel < 3; channel += 1) {
                const step = size / 5
                const mean = areaMean(picture, left + x * step, top + y * step, step, channel)
                expect(Math.abs((tile[(y * 5 + x) * 3 + channel] ?? 0) - mean)).toBeLessThan(1.5)
              }
        },
      ),
    )
  })

  it('does not alias: a one-pixel chequerboard shrinks to grey', () => {
    const board = paint(400, 400, (x, y) => ((x + y) % 2 === 0 ? [255, 255, 255] : [0, 0, 0]))
    for (const value of tileOf(board, whole(board), 100)) expect(Math.abs(value - 127.5)).toBeLessThan(3)
  })

  it.each([0.3, 1, 2.5, 9, 40])('keeps a plain colour plain at %d source pixels a pixel', (scale) => {
    const side = Math.round(12 * scale)
    const plain = paint(side, side, () => [200, 100, 255])
    const tile = tileOf(plain, whole(plain), 12)
    for (let at = 0; at < tile.length; at += 3) {
      for (const [channel, value] of [200, 100, 255].entries()) {
        expect(Math.abs((tile[at + channel] ?? 0) - value)).toBeLessThanOrEqual(1)
      }
    }
  })

  it('grows a ramp without steps and without darkening the edges', () => {
    const ramp = paint(4, 4, (x) => [x * 60, x * 60, x * 60])
    const row = [...tileOf(ramp, whole(ramp), 16).subarray(0, 48)].filter((_, at) => at % 3 === 0)
    expect(row).toEqual(row.toSorted((a, b) => a - b))
    expect(row[0]).toBe(0)
    expect(row.at(-1)).toBe(180)
    expect(Math.max(...row.slice(1).map((value, at) => value - (row[at] ?? 0)))).toBeLessThanOrEqual(15)
  })

  it('draws only where it was told to', () => {
    const white = paint(8, 8, () => [255, 255, 255])
    const tile = new Uint8Array(10 * 10 * 3)
    resample(white, whole(white), { tile, side: 10, left: 2, top: 3, width: 4, height: 5 })
    for (let y = 0; y < 10; y += 1)
      for (let x = 0; x < 10; x += 1) {
        const inside = x >= 2 && x < 6 && y >= 3 && y < 8
        expect(tile[(y * 10 + x) * 3]).toBe(inside ? 255 : 0)
      }
  })

  it('is black for a region that misses the picture', () => {
    const white = paint(8, 8, () => [255, 255, 255])
    for (const left of [-100, 100]) {
      for (const width of [3, 30]) expect(Math.max(...tileOf(white, { left, top: 0, width, height: width }, 4))).toBe(0)
    }
  })
})
