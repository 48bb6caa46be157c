import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findRhythm, fitGrid, type Peak, positionAt } from '../../../../../../worker/tasks/ocr/mrz/grid.ts'

/** Peaks of a row of `count` characters, each off its place by a share of the pitch. */
const aRow = (count: number, length: number, tilt = 0, off: (k: number) => number = () => 0): Peak[] =>
  Array.from({ length: count }, (_, k) => {
    const even = ((k + 0.5 + off(k)) / count) * length
    return { at: even / (1 - tilt + (tilt * even) / length), weight: 1 }
  })

const wobble = (k: number): number => 0.15 * Math.sin(k * 12.9898)

describe('the rhythm of rows', () => {
  it.each([30, 36, 44])('tells %d characters, each a little off its place', (count) => {
    const { pitch } = findRhythm([aRow(count, 1000, 0, wobble), aRow(count, 1000)], 1000, 28, 46)
    expect(Math.round(1000 / pitch)).toBe(count)
  })

  it.each([-0.2, -0.1, 0.1, 0.25])('is found through a tilt of %d', (tilt) => {
    const rows = [aRow(44, 900, tilt, wobble), aRow(44, 900, tilt, wobble)]
    const rhythm = findRhythm(rows, 900, 28, 46)
    expect(Math.round(900 / rhythm.pitch)).toBe(44)
    expect(rhythm.tilt).toBeCloseTo(tilt, 1)
  })

  it('does not need every character', () => {
    const row = aRow(44, 1000, 0, wobble).filter((_, k) => k % 3 !== 1)
    expect(Math.round(1000 / findRhythm([row, row], 1000, 28, 46).pitch)).toBe(44)
  })
})

describe('a grid on a row', () => {
  it.each([0, 0.2, -0.15])('finds each character in its place under a tilt of %d', (tilt) => {
    const row = aRow(44, 1000, tilt, wobble)
    const grid = fitGrid(row, findRhythm([row], 1000, 28, 46), 1000, 10)
    for (const [k, { at }] of row.entries()) expect(positionAt(grid, at) - k).toBeCloseTo(0, 0)
  })

  it('counts from where the row begins, also when the first characters were not seen', () => {
    const row = aRow(30, 600, 0, wobble).slice(3)
    const grid = fitGrid(row, findRhythm([row], 600, 28, 46), 600, 10)
    expect(Math.round(positionAt(grid, row[0]?.at ?? 0))).toBe(3)
  })

  it('is not pulled off by junk beside the row', () => {
    const row = [...aRow(36, 720), { at: 731, weight: 0.8 }, { at: 5, weight: 0.3 }, { at: 333, weight: 0.6 }]
    const grid = fitGrid(row, findRhythm([row], 720, 28, 46), 720, 10)
    expect(positionAt(grid, 10)).toBeCloseTo(0, 1)
    expect(positionAt(grid, 710)).toBeCloseTo(35, 1)
  })

  it('gives a finite place to any peaks', () => {
    const peak = fc.record({
      at: fc.double({ min: -50, max: 1050, noNaN: true }),
      weight: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    fc.assert(
      fc.property(fc.array(peak, { maxLength: 60 }), (row) => {
        const rhythm = findRhythm([row], 1000, 28, 46)
        expect(rhythm.pitch).toBeGreaterThan(0)
        expect(Number.isFinite(fitGrid(row, rhythm, 1000, 10).offset)).toBe(true)
      }),
    )
  })
})
