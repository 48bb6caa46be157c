import { describe, expect, it } from 'vitest'
import { corners, nearestHalfTurn, type RotatedRect } from '../../../../../worker/tasks/ocr/geometry.ts'
import { layOutPage } from '../../../../../worker/tasks/ocr/page.ts'

const region = (x: number, y: number, width: number, height: number, angle: number) => {
  const rect: RotatedRect = { centre: { x, y }, width, height, angle }
  return { hull: corners(rect), score: 0.9 }
}
const degrees = (angle: number): number => (angle * Math.PI) / 180

describe('laying out a page', () => {
  it.each([0, 12, -35, 89, -88])('finds that its text runs at %d degrees', (angle) => {
    const regions = [0, 1, 2, 3].map((row) =>
      region(200, 100 + row * 60, 150 + row * 20, 14, degrees(angle + row * 0.4)),
    )
    const page = layOutPage(regions, 1.5)
    expect(Math.abs(nearestHalfTurn(page.angle - degrees(angle + 0.7), 0))).toBeLessThan(degrees(1))
    expect(page.lines).toHaveLength(4)
  })

  it('gives a single letter the direction of the page', () => {
    const page = layOutPage([region(200, 100, 300, 14, degrees(20)), region(90, 300, 14, 15, degrees(-60))], 1.5)
    expect(page.lines.map(({ rect }) => Math.round((rect.angle * 180) / Math.PI))).toEqual([20, 20])
  })

  it('keeps lines that run across the others apart, and leaves out those at odd angles', () => {
    const along = [1, 2, 3].map((row) => region(300, row * 60, 200, 14, 0))
    const page = layOutPage(
      [...along, region(40, 200, 180, 14, degrees(90)), region(500, 300, 180, 14, degrees(45))],
      1.5,
    )
    expect(page.lines).toHaveLength(3)
    expect(page.crossing).toHaveLength(1)
  })

  it('grows each kernel to the line around it', () => {
    const [line] = layOutPage([region(200, 100, 200, 10, 0)], 1.5).lines
    // distance = 1.5 * 200 * 10 / (2 * 210), on each side
    expect(line?.rect.width).toBeCloseTo(200 + 14.29, 1)
    expect(line?.rect.height).toBeCloseTo(10 + 14.29, 1)
  })

  it('is empty for no regions', () => {
    expect(layOutPage([], 1.5)).toEqual({ angle: 0, lines: [], crossing: [] })
  })
})
