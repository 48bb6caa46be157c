import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  apply,
  fitSimilarity,
  frameTransform,
  residualOf,
  rotationOf,
  scaleOf,
} from '../../../../../worker/tasks/faces/similarity-transform.ts'

const coordinate = fc.double({ min: -500, max: 500, noNaN: true })
const aPoint = fc.record({ x: coordinate, y: coordinate })
/** Points that are not all in one place: a transform is only defined by those. */
const spreadPoints = fc
  .array(aPoint, { minLength: 3, maxLength: 40 })
  .map((points) => [{ x: 0, y: 0 }, { x: 100, y: 30 }, ...points])
const aTransform = fc
  .record({
    angle: fc.double({ min: -Math.PI, max: Math.PI, noNaN: true }),
    scale: fc.double({ min: 0.1, max: 10, noNaN: true }),
    dx: coordinate,
    dy: coordinate,
  })
  .map(({ angle, scale, dx, dy }) => ({ a: Math.cos(angle) * scale, b: Math.sin(angle) * scale, dx, dy }))

describe('fitSimilarity', () => {
  it('recovers the transform that moved the points, and leaves no residual', () => {
    fc.assert(
      fc.property(spreadPoints, aTransform, (points, transform) => {
        const moved = points.map((point) => apply(transform, point))
        const found = fitSimilarity(points, moved)
        expect(found.a).toBeCloseTo(transform.a, 6)
        expect(found.b).toBeCloseTo(transform.b, 6)
        expect(found.dx).toBeCloseTo(transform.dx, 4)
        expect(found.dy).toBeCloseTo(transform.dy, 4)
        expect(residualOf(found, points, moved)).toBeLessThan(1e-6)
      }),
    )
  })

  it('is at least as close as any transform near it', () => {
    const from = [
      { x: 0, y: 0 },
      { x: 10, y: 0 },
      { x: 10, y: 10 },
      { x: 0, y: 10 },
    ]
    const to = [
      { x: 3, y: 1 },
      { x: 14, y: 4 },
      { x: 9, y: 17 },
      { x: -2, y: 12 },
    ]
    const best = fitSimilarity(from, to)
    const least = residualOf(best, from, to)
    const nudge = fc.double({ min: -0.5, max: 0.5, noNaN: true })
    fc.assert(
      fc.property(nudge, nudge, nudge, nudge, (a, b, dx, dy) => {
        const other = { a: best.a + a, b: best.b + b, dx: best.dx + dx, dy: best.dy + dy }
        expect(residualOf(other, from, to)).toBeGreaterThanOrEqual(least - 1e-12)
      }),
    )
  })

  it('does not mirror: a mirrored figure leaves a residual', () => {
    const from = [
      { x: 0, y: 0 },
      { x: 10, y: 0 },
      { x: 0, y: 4 },
    ]
    const mirrored = from.map(({ x, y }) => ({ x: -x, y }))
    expect(residualOf(fitSimilarity(from, mirrored), from, mirrored)).toBeGreaterThan(1)
  })

  it('answers a finite transform when all points are the same', () => {
    const same = [
      { x: 5, y: 5 },
      { x: 5, y: 5 },
    ]
    expect(
      fitSimilarity(same, [
        { x: 1, y: 2 },
        { x: 3, y: 4 },
      ]),
    ).toEqual({ a: 0, b: 0, dx: 2, dy: 3 })
  })
})

describe('frameTransform', () => {
  it('keeps the centre and has the scale and rotation asked for', () => {
    const transform = frameTransform({ centre: { x: 40, y: 60 }, size: 200, degrees: 30 }, 100)
    const centre = apply(transform, { x: 50, y: 50 })
    expect(centre.x).toBeCloseTo(40, 9)
    expect(centre.y).toBeCloseTo(60, 9)
    expect(scaleOf(transform)).toBeCloseTo(2, 9)
    expect(rotationOf(transform)).toBeCloseTo(30, 9)
  })

  it('turns clockwise: the right edge of the square goes down', () => {
    const right = apply(frameTransform({ centre: { x: 0, y: 0 }, size: 100, degrees: 90 }, 100), { x: 100, y: 50 })
    expect(right.x).toBeCloseTo(0, 9)
    expect(right.y).toBeCloseTo(50, 9)
  })
})
