import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { frameAround, toPicture, wholeFrame } from '../../../../../worker/tasks/ocr/frame.ts'

const PICTURE = wholeFrame(1000, 800)

describe('a view around points', () => {
  it('holds them, with a margin', () => {
    const frame = frameAround(
      [
        { x: 400, y: 300 },
        { x: 600, y: 350 },
      ],
      0,
      0.1,
      PICTURE,
    )
    expect(frame).toMatchObject({ origin: { x: 380, y: 280 }, width: 240, height: 90 })
  })

  it('ends where the picture ends', () => {
    const frame = frameAround(
      [
        { x: 5, y: 5 },
        { x: 990, y: 790 },
      ],
      0,
      0.5,
      PICTURE,
    )
    expect(frame).toMatchObject({ origin: { x: -0.5, y: -0.5 }, width: 1000, height: 800 })
  })

  it('holds its points at any angle', () => {
    const point = fc.record({ x: fc.integer({ min: 0, max: 999 }), y: fc.integer({ min: 0, max: 799 }) })
    fc.assert(
      fc.property(
        fc.array(point, { minLength: 2, maxLength: 9 }),
        fc.double({ min: -3, max: 3, noNaN: true }),
        (points, angle) => {
          const frame = frameAround(points, angle, 0, PICTURE)
          const origin = toPicture(frame, 0, 0)
          for (const { x, y } of points) {
            const along = (x - origin.x) * Math.cos(angle) + (y - origin.y) * Math.sin(angle)
            const across = (y - origin.y) * Math.cos(angle) - (x - origin.x) * Math.sin(angle)
            expect(along).toBeGreaterThan(-1e-6)
            expect(along).toBeLessThan(frame.width + 1e-6)
            expect(across).toBeGreaterThan(-1e-6)
            expect(across).toBeLessThan(frame.height + 1e-6)
          }
        },
      ),
    )
  })
})
