import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DecodedPicture } from '../../../../../infra/ports/picture-codec.ts'
import type { Region } from '../../../../../worker/tasks/faces/geometry.ts'
import { shrink } from '../../../../../worker/tasks/faces/shrink.ts'

const paint = (width: number, height: number, colour: (x: number, y: number) => [number, number, number]) => {
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) data.set(colour(x, y), (y * width + x) * 3)
  return { data, width, height } satisfies DecodedPicture
}
const whole = ({ width, height }: DecodedPicture) => ({ left: 0, top: 0, width, height })
const tileOf = (picture: DecodedPicture, region: Region, side: number) => {
  const tile = new Uint8Array(side * side * 3)
  shrink(picture, region, { tile, side, width: side, height: side })
  return tile
}
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

describe('shrink', () => {
  it('copies pixel by pixel at the same size', () => {
    const picture = noise(9, 9)
    expect(tileOf(picture, whole(picture), 9)).toEqual(picture.data)
  })

  it.each([2, 3, 4])('is the exact mean of the pixels covered at a factor of %i, also over the edge', (factor) => {
    const picture = noise(31, 23)
    for (const [left, top] of [
      [0, 0],
      [5, 2],
      [-7, 11],
      [20, -3],
    ] as const) {
      const tile = tileOf(picture, { left, top, width: 5 * factor, height: 5 * factor }, 5)
      for (let at = 0; at < tile.length; at += 1) {
        const [x, y, channel] = [Math.floor(at / 3) % 5, Math.floor(at / 15), at % 3]
        const mean = areaMean(picture, left + x * factor, top + y * factor, factor, channel)
        expect(Math.abs((tile[at] ?? 0) - mean)).toBeLessThanOrEqual(0.5 + 1e-6)
      }
    }
  })

  it('stays within three levels of the mean where colours change slowly, at any factor and place', () => {
    const slope = paint(300, 300, (x, y) => [(x * 255) / 300, (y * 255) / 300, 100])
    const place = fc.double({ min: 0, max: 100, noNaN: true })
    fc.assert(
      fc.property(place, place, fc.double({ min: 10, max: 200, noNaN: true }), (left, top, size) => {
        const tile = tileOf(slope, { left, top, width: size, height: size }, 10)
        for (let at = 0; at < tile.length; at += 1) {
          const [x, y, channel] = [Math.floor(at / 3) % 10, Math.floor(at / 30), at % 3]
          const step = size / 10
          expect(
            Math.abs((tile[at] ?? 0) - areaMean(slope, left + x * step, top + y * step, step, channel)),
          ).toBeLessThan(3)
        }
      }),
      { numRuns: 30 },
    )
  })

  it.each([2, 2.16, 3, 4])('does not alias at %d: a one-pixel chequerboard turns grey', (factor) => {
    const board = paint(400, 400, (x, y) => ((x + y) % 2 === 0 ? [255, 255, 255] : [0, 0, 0]))
    const side = Math.round(400 / factor)
    const tile = tileOf(board, whole(board), side)
    // Means of neighbours: a single one may lean to one colour where the factor is odd or broken.
    for (let y = 0; y < side - 2; y += 2)
      for (let x = 0; x < side - 2; x += 2) {
        const four = [0, 1].flatMap((down) => [0, 1].map((across) => tile[((y + down) * side + x + across) * 3] ?? 0))
        expect(Math.abs(four.reduce((sum, value) => sum + value, 0) / 4 - 127.5)).toBeLessThan(70)
      }
    expect(Math.abs(tile.reduce((sum, value) => sum + value, 0) / tile.length - 127.5)).toBeLessThan(3)
  })

  it.each([1, 2.5, 9, 40])('keeps a plain colour plain at %d source pixels a pixel', (factor) => {
    const side = Math.round(12 * factor)
    const plain = paint(side, side, () => [200, 100, 255])
    expect([...new Set(tileOf(plain, whole(plain), 12))].sort()).toEqual([100, 200, 255])
  })

  it('draws only into the top left, as far as it was told', () => {
    const white = paint(8, 8, () => [255, 255, 255])
    const tile = new Uint8Array(10 * 10 * 3)
    shrink(white, whole(white), { tile, side: 10, width: 4, height: 5 })
    for (let at = 0; at < 100; at += 1) expect(tile[at * 3]).toBe(at % 10 < 4 && Math.floor(at / 10) < 5 ? 255 : 0)
  })

  it('is black for a region that misses the picture', () => {
    const white = paint(8, 8, () => [255, 255, 255])
    for (const left of [-100, 100]) {
      for (const width of [4, 30]) expect(Math.max(...tileOf(white, { left, top: 0, width, height: width }, 4))).toBe(0)
    }
  })
})
