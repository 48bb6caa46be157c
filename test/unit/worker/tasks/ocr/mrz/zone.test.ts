import { describe, expect, it } from 'vitest'
import { findZones } from '../../../../../../worker/tasks/ocr/mrz/zone.ts'
import type { Line } from '../../../../../../worker/tasks/ocr/page.ts'
import { stripLength } from '../../../../../../worker/tasks/ocr/strip.ts'

/** A line of print on a page that lies turned by `angle`: `left` and `top` in the page's own directions. */
const line = (left: number, top: number, width: number, height = 20, angle = 0): Line => {
  const [along, across] = [left + width / 2, top + height / 2]
  const centre = {
    x: along * Math.cos(angle) - across * Math.sin(angle),
    y: along * Math.sin(angle) + across * Math.cos(angle),
  }
  return { rect: { centre, width, height, angle }, score: 0.9 }
}

const FIELDS = [line(300, 50, 120), line(300, 90, 90), line(300, 130, 150), line(600, 50, 110), line(600, 90, 60)]

describe('finding the machine-readable zone', () => {
  it('finds two long rows under short fields', () => {
    const [zone] = findZones([...FIELDS, line(30, 400, 900), line(32, 450, 895)], 0)
    expect(zone?.rows).toHaveLength(2)
    expect([...(zone?.members ?? [])]).toEqual([5, 6])
    expect(zone?.widthToPitch).toBeCloseTo(18, 0)
  })

  it('finds three rows of a card', () => {
    const [zone] = findZones([...FIELDS, line(30, 400, 700), line(30, 450, 700), line(30, 500, 700)], 0)
    expect(zone?.rows).toHaveLength(3)
  })

  it('joins the pieces of a row that the detector split, to the length of the longest row', () => {
    const pieces = [line(30, 400, 300), line(345, 401, 200), line(800, 399, 130), line(30, 450, 900)]
    const [zone] = findZones(pieces, 0)
    expect([...(zone?.members ?? [])].toSorted()).toEqual([0, 1, 2, 3])
    for (const row of zone?.rows ?? []) expect(stripLength(row)).toBeCloseTo(900, 0)
  })

  it.each([-40, 4, 88, 180])('follows a page turned by %d degrees', (degrees) => {
    const angle = (degrees * Math.PI) / 180
    const [zone] = findZones([line(30, 400, 900, 20, angle), line(30, 450, 900, 20, angle)], angle)
    const [upper] = zone?.rows ?? []
    expect(upper?.left.x).toBeCloseTo(30 * Math.cos(angle) - 410 * Math.sin(angle), 0)
    expect(upper?.left.y).toBeCloseTo(30 * Math.sin(angle) + 410 * Math.cos(angle), 0)
  })

  it('follows rows that run together in perspective', () => {
    const upper = line(30, 400, 900, 20, -0.02)
    const lower = line(30, 450, 900, 20, 0.02)
    const [zone] = findZones([upper, lower], 0)
    const slopes = zone?.rows.map(({ left, right }) => (right.y - left.y) / (right.x - left.x))
    expect(slopes?.[0]).toBeCloseTo(-0.02)
    expect(slopes?.[1]).toBeCloseTo(0.02)
  })

  it.each([
    ['short lines', FIELDS.slice(0, 3)],
    ['a single long row', [line(30, 400, 900)]],
    ['rows far apart', [line(30, 300, 900), line(30, 450, 900)]],
    ['rows that begin in different places', [line(30, 400, 900), line(330, 450, 900)]],
    ['rows of different heights', [line(30, 400, 900, 20), line(30, 450, 900, 60)]],
    ['nothing', []],
  ])('finds none in %s', (_, lines) => {
    expect(findZones(lines, 0)).toEqual([])
  })
})
