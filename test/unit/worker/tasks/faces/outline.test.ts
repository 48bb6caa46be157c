import { describe, expect, it } from 'vitest'
import { turned } from '../../../../../worker/tasks/faces/geometry.ts'
import { boxOf, faceFrame } from '../../../../../worker/tasks/faces/outline.ts'

/** A face 100 wide: eyes at a third of its height, chin at the bottom, turned about (300, 300). */
const face = (degrees: number) =>
  Array.from({ length: 68 }, (_, index) => {
    const upright =
      index === 0
        ? { x: -50, y: 0 }
        : index === 16
          ? { x: 50, y: 0 }
          : index === 8
            ? { x: 0, y: 80 }
            : index >= 36 && index < 42
              ? { x: -25, y: 0 }
              : index >= 42 && index < 48
                ? { x: 25, y: 0 }
                : { x: 0, y: 30 }
    const { x, y } = turned(upright, degrees)
    return { x: x + 300, y: y + 300 }
  })
const picture = { width: 600, height: 600 }

describe('boxOf', () => {
  it.each([
    [0, { left: 250, top: 250, width: 100, height: 130 }],
    [90, { left: 220, top: 250, width: 130, height: 100 }],
    [180, { left: 250, top: 220, width: 100, height: 130 }],
    [270, { left: 250, top: 250, width: 130, height: 100 }],
  ])('holds jaw, chin and forehead of a face turned by %i degrees', (degrees, expected) => {
    const box = boxOf(face(degrees), picture)
    for (const part of ['left', 'top', 'width', 'height'] as const)
      expect(Math.abs(box[part] - expected[part])).toBeLessThanOrEqual(1)
  })

  it('consists of whole pixels inside the picture', () => {
    const box = boxOf(face(33), { width: 310, height: 320 })
    for (const value of Object.values(box)) expect(Number.isInteger(value)).toBe(true)
    expect(box.left + box.width).toBeLessThanOrEqual(310)
    expect(box.top + box.height).toBeLessThanOrEqual(320)
  })

  it('is empty for a face outside of the picture', () => {
    expect(boxOf(face(0), { width: 100, height: 100 })).toMatchObject({ width: 0, height: 0 })
  })
})

describe('faceFrame', () => {
  it.each([0, 30, 90, -135])('turns with the face and keeps its size: %i degrees', (degrees) => {
    const frame = faceFrame(face(degrees), 2)
    const middle = turned({ x: 0, y: 15 }, degrees)
    expect(frame.size).toBeCloseTo(260, 6)
    expect(frame.degrees).toBeCloseTo(degrees, 6)
    expect(frame.centre.x).toBeCloseTo(300 + middle.x, 6)
    expect(frame.centre.y).toBeCloseTo(300 + middle.y, 6)
  })
})
