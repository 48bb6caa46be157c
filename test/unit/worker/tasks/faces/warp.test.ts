import { describe, expect, it } from 'vitest'
import { apply, frameTransform } from '../../../../../worker/tasks/faces/similarity-transform.ts'
import { warp } from '../../../../../worker/tasks/faces/warp.ts'

/** A picture whose red and green tell the position: a warped pixel says where it came from. */
const chart = (side: number) => {
  const data = new Uint8Array(side * side * 3)
  for (let at = 0; at < side * side; at += 1) {
    data[at * 3] = ((at % side) * 255) / side
    data[at * 3 + 1] = (Math.floor(at / side) * 255) / side
  }
  return { data, width: side, height: side }
}

describe('warp', () => {
  it.each([
    [0.5, 0],
    [1, 0],
    [1, 30],
    [1.7, 90],
    [2.5, -45],
    [5.1, 180],
  ])('takes each pixel from where the transform says, at scale %d and %d degrees', (scale, degrees) => {
    const picture = chart(800)
    const transform = frameTransform({ centre: { x: 400, y: 400 }, size: 100 * scale, degrees: degrees }, 100)
    const tile = warp(picture, transform, 100)
    for (const [u, v] of [
      [10, 10],
      [50, 20],
      [90, 50],
      [33, 88],
    ] as const) {
      const expected = apply(transform, { x: u + 0.5, y: v + 0.5 })
      const at = (v * 100 + u) * 3
      // One step of the chart's colour is three pixels.
      expect(Math.abs(((tile[at] ?? 0) * 800) / 255 - expected.x)).toBeLessThan(6)
      expect(Math.abs(((tile[at + 1] ?? 0) * 800) / 255 - expected.y)).toBeLessThan(6)
    }
  })

  it('copies the picture under the identity', () => {
    const picture = chart(40)
    const tile = warp(picture, { a: 1, b: 0, dx: 0, dy: 0 }, 30)
    for (let y = 0; y < 30; y += 1)
      expect(tile.subarray(y * 90, y * 90 + 90)).toEqual(picture.data.subarray(y * 120, y * 120 + 90))
  })

  it('is black outside of the picture', () => {
    const white = { data: new Uint8Array(20 * 20 * 3).fill(255), width: 20, height: 20 }
    for (const scale of [1, 4]) {
      const tile = warp(white, { a: scale, b: 0, dx: -10 * scale, dy: 0 }, 30)
      expect(tile[0]).toBe(0)
      expect(tile[(2 * 30 + 12) * 3]).toBe(255)
    }
  })

  it('averages when it shrinks: a fine chequerboard becomes grey', () => {
    const data = Uint8Array.from({ length: 300 * 300 * 3 }, (_, at) => {
      const pixel = Math.floor(at / 3)
      return ((pixel % 300) + Math.floor(pixel / 300)) % 2 === 0 ? 255 : 0
    })
    const tile = warp(
      { data, width: 300, height: 300 },
      frameTransform({ centre: { x: 150, y: 150 }, size: 200, degrees: 0 }, 50),
      50,
    )
    for (const value of tile) expect(Math.abs(value - 127.5)).toBeLessThan(8)
  })
})
