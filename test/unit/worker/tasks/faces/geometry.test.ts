import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boundsOf, centreOf, clip, gap, middleOf, overlap, turned } from '../../../../../worker/tasks/faces/geometry.ts'

const coordinate = fc.double({ min: -500, max: 500, noNaN: true })
const aPoint = fc.record({ x: coordinate, y: coordinate })

describe('regions', () => {
  it.each([
    ['the same', { left: 0, top: 0, width: 10, height: 10 }, 1],
    ['half over', { left: 5, top: 0, width: 10, height: 10 }, 1 / 3],
    ['inside', { left: 2, top: 2, width: 5, height: 5 }, 0.25],
    ['touching', { left: 10, top: 0, width: 10, height: 10 }, 0],
    ['apart', { left: 40, top: 40, width: 10, height: 10 }, 0],
  ])('overlap by their share of the union: %s', (_, other, expected) => {
    const region = { left: 0, top: 0, width: 10, height: 10 }
    expect(overlap(region, other)).toBeCloseTo(expected, 12)
    expect(overlap(other, region)).toBeCloseTo(expected, 12)
  })

  it('hold all points they are drawn round, and touch the outermost', () => {
    fc.assert(
      fc.property(fc.array(aPoint, { minLength: 1, maxLength: 20 }), (points) => {
        const { left, top, width, height } = boundsOf(points)
        expect(left).toBe(Math.min(...points.map(({ x }) => x)))
        expect(top).toBe(Math.min(...points.map(({ y }) => y)))
        for (const { x, y } of points) {
          expect(x).toBeLessThanOrEqual(left + width + 1e-9)
          expect(y).toBeLessThanOrEqual(top + height + 1e-9)
        }
      }),
    )
  })

  it.each([
    [
      { left: -5, top: 4, width: 10, height: 10 },
      { left: 0, top: 4, width: 5, height: 6 },
    ],
    [
      { left: 2, top: 2, width: 3, height: 3 },
      { left: 2, top: 2, width: 3, height: 3 },
    ],
    [
      { left: 30, top: 0, width: 5, height: 5 },
      { left: 20, top: 0, width: 0, height: 5 },
    ],
    [
      { left: -9, top: -9, width: 5, height: 5 },
      { left: 0, top: 0, width: 0, height: 0 },
    ],
  ])('are cut at the picture and empty outside of it: %o', (region, expected) => {
    expect(clip(region, { width: 20, height: 10 })).toEqual(expected)
  })

  it('have a middle', () => {
    expect(middleOf({ left: 10, top: 20, width: 4, height: 6 })).toEqual({ x: 12, y: 23 })
  })
})

describe('points', () => {
  it('have their mean as centre', () => {
    const points = [
      { x: 0, y: 0 },
      { x: 4, y: 2 },
      { x: 2, y: 4 },
    ]
    expect(centreOf(points)).toEqual({ x: 2, y: 2 })
  })

  it('turn clockwise: what lay to the right lies below', () => {
    const point = turned({ x: 5, y: 0 }, 90)
    expect(point.x).toBeCloseTo(0, 12)
    expect(point.y).toBeCloseTo(5, 12)
  })

  it('come back when turned back, and keep their distances', () => {
    fc.assert(
      fc.property(aPoint, aPoint, fc.double({ min: -720, max: 720, noNaN: true }), (a, b, degrees) => {
        expect(gap(turned(turned(a, degrees), -degrees), a)).toBeLessThan(1e-9)
        expect(gap(turned(a, degrees), turned(b, degrees))).toBeCloseTo(gap(a, b), 8)
      }),
    )
  })
})
