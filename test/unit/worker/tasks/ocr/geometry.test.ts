import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  boundingRect,
  convexHull,
  minAreaRect,
  nearestHalfTurn,
  type Point,
} from '../../../../../worker/tasks/ocr/geometry.ts'

const rotated = (points: readonly Point[], angle: number): readonly Point[] =>
  points.map(({ x, y }) => ({
    x: x * Math.cos(angle) - y * Math.sin(angle),
    y: x * Math.sin(angle) + y * Math.cos(angle),
  }))

const BAR: readonly Point[] = [
  { x: -50, y: -5 },
  { x: 50, y: -5 },
  { x: 50, y: 5 },
  { x: -50, y: 5 },
  { x: 0, y: 0 },
]

describe('the smallest rectangle around points', () => {
  it.each([0, 5, 30, 44, 60, 90, -20, -89])('lies along a bar turned by %d degrees', (degrees) => {
    const rect = minAreaRect(rotated(BAR, (degrees * Math.PI) / 180))
    expect(rect?.width).toBeCloseTo(100)
    expect(rect?.height).toBeCloseTo(10)
    expect(Math.abs(nearestHalfTurn((rect?.angle ?? 0) - (degrees * Math.PI) / 180, 0))).toBeCloseTo(0)
    expect(rect?.centre.x).toBeCloseTo(0)
    expect(rect?.centre.y).toBeCloseTo(0)
  })

  it('has its width along the longer side and its angle within a quarter turn of the level', () => {
    const upright = minAreaRect(BAR.map(({ x, y }) => ({ x: y, y: x })))
    expect([upright?.width, upright?.height]).toEqual([100, 10])
    expect(Math.abs(upright?.angle ?? 9)).toBeCloseTo(Math.PI / 2)
  })

  it('does not exist for less than two points', () => {
    expect(minAreaRect([])).toBeUndefined()
    expect(minAreaRect([{ x: 1, y: 1 }])).toBeUndefined()
  })

  it('holds every point and is never larger than the upright one', () => {
    const point = fc.record({ x: fc.integer({ min: -99, max: 99 }), y: fc.integer({ min: -99, max: 99 }) })
    fc.assert(
      fc.property(fc.array(point, { minLength: 3, maxLength: 30 }), (points) => {
        const rect = minAreaRect(points)
        if (!rect) return
        const { width, height } = boundingRect(points, 0)
        expect(rect.width * rect.height).toBeLessThanOrEqual(width * height + 1e-6)
        const own = boundingRect(points, rect.angle)
        expect(own.width).toBeLessThanOrEqual(rect.width + 1e-6)
        expect(own.height).toBeLessThanOrEqual(rect.height + 1e-6)
      }),
    )
  })
})

describe('the convex hull', () => {
  it('leaves out what lies inside or on an edge', () => {
    const hull = convexHull([...BAR, { x: 0, y: 5 }, { x: 10, y: 1 }])
    expect(hull).toHaveLength(4)
    expect(hull).toEqual(expect.arrayContaining(BAR.slice(0, 4)))
  })
})
