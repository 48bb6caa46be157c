import { describe, expect, it } from 'vitest'
import {
  CHIP_SIDE,
  chipResidual,
  chipTransform,
  steadyPoints,
  TEMPLATE,
} from '../../../../../worker/tasks/faces/alignment.ts'
import { centreOf, type Point } from '../../../../../worker/tasks/faces/geometry.ts'
import { apply, type SimilarityTransform } from '../../../../../worker/tasks/faces/similarity-transform.ts'

/** Order of the template: nose 0..8, eyes 9..14 and 15..20, mouth 21..32. */
const parts = {
  nose: TEMPLATE.slice(0, 9),
  leftEye: TEMPLATE.slice(9, 15),
  rightEye: TEMPLATE.slice(15, 21),
  mouth: TEMPLATE.slice(21),
}
const axis = TEMPLATE[0]?.x ?? 0
const mirror = ({ x, y }: Point): Point => ({ x: 2 * axis - x, y })
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

/** Landmarks of an average face, placed in a picture. */
const placed = (transform: SimilarityTransform, squeeze = 1): Point[] => {
  const landmarks: Point[] = Array.from({ length: 68 }, (_, index) => ({ x: index, y: 0 }))
  const order = steadyPoints(landmarks).map(({ x }) => x)
  for (const [place, index] of order.entries()) {
    const { x, y } = TEMPLATE[place] as Point
    landmarks[index] = apply(transform, { x, y: y * squeeze })
  }
  return landmarks
}
const somewhere = { a: 1.2, b: 0.7, dx: 300, dy: 40 }

describe('chipTransform', () => {
  it('finds where a face lies from its landmarks', () => {
    const found = chipTransform(placed(somewhere))
    for (const part of ['a', 'b', 'dx', 'dy'] as const) expect(found[part]).toBeCloseTo(somewhere[part], 6)
  })

  it('does not listen to the jaw, the brows and the lower lip', () => {
    const order = steadyPoints(Array.from({ length: 68 }, (_, index) => ({ x: index, y: 0 }))).map(({ x }) => x)
    expect(order).toHaveLength(TEMPLATE.length)
    expect(order.filter((index) => index < 27 || (index >= 55 && index <= 59) || index >= 65)).toEqual([])
  })
})

describe('chipResidual', () => {
  it('is nothing for an average face, wherever and however large it is', () => {
    expect(chipResidual(placed(somewhere))).toBeCloseTo(0, 6)
    expect(chipResidual(placed({ a: 0, b: -8, dx: 0, dy: 900 }))).toBeCloseTo(0, 6)
  })

  it('tells a face squeezed to half its height', () => {
    expect(chipResidual(placed(somewhere, 0.5))).toBeGreaterThan(8)
  })

  it('does not depend on the size of the face', () => {
    const small = chipResidual(placed({ a: 0.2, b: 0, dx: 0, dy: 0 }, 0.8))
    expect(chipResidual(placed({ a: 20, b: 0, dx: 0, dy: 0 }, 0.8))).toBeCloseTo(small, 6)
  })
})
