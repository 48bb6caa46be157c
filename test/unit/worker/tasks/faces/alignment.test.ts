import { describe, expect, it } from 'vitest'
import { CHIP_SIDE, chipTransform, steadyPoints, TEMPLATE, warp } from '../../../../../worker/tasks/faces/alignment.ts'
import { centreOf, type Point } from '../../../../../worker/tasks/faces/geometry.ts'
import {
  apply,
  fitSimilarity,
  residualOf,
  turnedSquare,
} from '../../../../../worker/tasks/faces/similarity-transform.ts'

/** Order of the template: nose 0..8, eyes 9..14 and 15..20, mouth 21..32. */
const parts = {
  nose: TEMPLATE.slice(0, 9),
  leftEye: TEMPLATE.slice(9, 15),
  rightEye: TEMPLATE.slice(15, 21),
  mouth: TEMPLATE.slice(21),
}
const axis = TEMPLATE[0]?.x ?? 0
const mirror = ({ x, y }: Point): Point => ({ x: 2 * axis - x, y })
/** A picture whose red and green tell the position: a warped pixel says where it came from. */
const chart = (side: number) => {
  const data = new Uint8Array(side * side * 3)
  for (let at = 0; at < side * side; at += 1) {
    data[at * 3] = ((at % side) * 255) / side
    data[at * 3 + 1] = (Math.floor(at / side) * 255) / side
  }
  return { data, width: side, height: side }
}

describe('the face template', () => {
  it('is an upright face inside the chip: eyes over nose over mouth, eyes level', () => {
    const [left, right] = [centreOf(parts.leftEye), centreOf(parts.rightEye)]
    expect(TEMPLATE).toHaveLength(33)
    for (const { x, y } of TEMPLATE) expect(Math.min(x, y, CHIP_SIDE - x, CHIP_SIDE - y)).toBeGreaterThan(0)
    expect(left.x).toBeLessThan(right.x)
    expect(Math.abs(left.y - right.y)).toBeLessThan(0.5)
    expect(centreOf(parts.nose).y).toBeGreaterThan(left.y)
    expect(centreOf(parts.mouth).y).toBeGreaterThan(centreOf(parts.nose).y)
  })

  it('is symmetric about the bridge of the nose: eyes, nostrils and corners of the mouth mirror each other', () => {
    const pairs = [
      [9, 18],
      [12, 15],
      [10, 17],
      [21, 27],
      [4, 8],
    ] as const
    for (const [one, other] of pairs) {
      const [a, b] = [mirror(TEMPLATE[one] as Point), TEMPLATE[other] as Point]
      expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeLessThan(0.01)
    }
  })
})

describe('chipTransform', () => {
  it('finds where a face lies from its landmarks', () => {
    const placed = { a: 1.2, b: 0.7, dx: 300, dy: 40 }
    const landmarks: Point[] = Array.from({ length: 68 }, () => ({ x: 0, y: 0 }))
    const order = steadyPoints(landmarks.map((_, index) => ({ x: index, y: 0 }))).map(({ x }) => x)
    for (const [place, index] of order.entries()) landmarks[index] = apply(placed, TEMPLATE[place] as Point)
    const found = chipTransform(landmarks)
    for (const part of ['a', 'b', 'dx', 'dy'] as const) expect(found[part]).toBeCloseTo(placed[part], 6)
  })

  it('does not listen to the jaw, the brows and the lower lip', () => {
    const order = steadyPoints(Array.from({ length: 68 }, (_, index) => ({ x: index, y: 0 }))).map(({ x }) => x)
    expect(order).toHaveLength(TEMPLATE.length)
    expect(order.filter((index) => index < 27 || (index >= 55 && index <= 59) || index >= 65)).toEqual([])
  })

  it('leaves a residual that tells a squeezed face from a face', () => {
    const squeezed = TEMPLATE.map(({ x, y }) => ({ x, y: y * 0.5 }))
    expect(residualOf(fitSimilarity(TEMPLATE, squeezed), TEMPLATE, squeezed)).toBeGreaterThan(5)
  })
})

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
    const transform = turnedSquare({ x: 400, y: 400 }, 100 * scale, degrees, 100)
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
    const tile = warp({ data, width: 300, height: 300 }, turnedSquare({ x: 150, y: 150 }, 200, 0, 50), 50)
    for (const value of tile) expect(Math.abs(value - 127.5)).toBeLessThan(8)
  })
})
