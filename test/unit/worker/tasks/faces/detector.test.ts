import { describe, expect, it } from 'vitest'
import { frameOf, readGrid, suppress } from '../../../../../worker/tasks/faces/detector.ts'
import { frameTransform } from '../../../../../worker/tasks/faces/similarity-transform.ts'

const emptyGrid = (cells: number) => new Float32Array(cells * cells * 25).fill(-20)
const put = (grid: Float32Array, cells: number, row: number, column: number, anchor: number, numbers: number[]) =>
  grid.set(numbers, (row * cells + column) * 25 + anchor * 5)

describe('readGrid', () => {
  it.each([6, 13, 26])('places a box by cell, offset and anchor, as shares of the square, on a grid of %i', (cells) => {
    const grid = emptyGrid(cells)
    put(grid, cells, 4, 3, 2, [0, 0, 0, 0, 3])
    const [found] = readGrid(grid, 0.5)
    expect(found?.score).toBeCloseTo(1 / (1 + Math.exp(-3)), 6)
    expect((found?.region.left ?? 0) + (found?.region.width ?? 0) / 2).toBeCloseTo(3.5 / cells, 6)
    expect((found?.region.top ?? 0) + (found?.region.height ?? 0) / 2).toBeCloseTo(4.5 / cells, 6)
    expect(found?.region.width).toBeCloseTo(2.882459 / cells, 6)
    expect(found?.region.height).toBeCloseTo(3.518061 / cells, 6)
  })

  it('doubles the anchor where the net says log 2', () => {
    const grid = emptyGrid(13)
    put(grid, 13, 0, 0, 0, [0, 0, Math.LN2, Math.LN2, 1])
    expect(readGrid(grid, 0.5)[0]?.region.width).toBeCloseTo((2 * 1.603231) / 13, 6)
  })

  it.each([
    [0.4, 2],
    [0.6, 1],
    [0.95, 0],
  ])('keeps what scores at least %d', (least, count) => {
    const grid = emptyGrid(13)
    put(grid, 13, 1, 1, 0, [0, 0, 0, 0, 0])
    put(grid, 13, 9, 9, 0, [0, 0, 0, 0, 1])
    expect(readGrid(grid, least)).toHaveLength(count)
  })

  it('takes a score that is not a number for no face', () => {
    const grid = emptyGrid(13)
    put(grid, 13, 1, 1, 0, [0, 0, 0, 0, Number.NaN])
    expect(readGrid(grid, 0.5)).toEqual([])
  })
})

describe('suppress', () => {
  const box = (left: number, score: number) => ({ region: { left, top: 0, width: 10, height: 10 }, score })

  it.each([
    ['nothing', [], []],
    ['one', [box(0, 0.9)], [0.9]],
    ['two of one face: the better one', [box(1, 0.6), box(0, 0.9)], [0.9]],
    ['two faces, best first', [box(0, 0.6), box(30, 0.9)], [0.9, 0.6]],
    ['a chain: the middle one falls, its neighbour stays', [box(0, 0.9), box(4, 0.8), box(8, 0.7)], [0.9, 0.7]],
  ])('keeps of %s', (_, boxes, scores) => {
    expect(suppress(boxes, 0.4).map(({ score }) => score)).toEqual(scores)
  })
})

describe('frameOf', () => {
  it('is the square round the detection, where and as the look shows it', () => {
    const detection = { region: { left: 0.25, top: 0.25, width: 0.1, height: 0.2 }, score: 1 }
    const upright = frameOf(detection, { a: 2, b: 0, dx: 0, dy: 0 }, 400)
    expect(upright).toEqual({ centre: { x: 240, y: 280 }, size: 160, degrees: 0 })
    const look = { centre: { x: 500, y: 300 }, size: 800, degrees: 90 }
    const turned = frameOf(detection, frameTransform(look, 400), 400)
    expect(turned.size).toBeCloseTo(160, 9)
    expect(turned.degrees).toBeCloseTo(90, 9)
    // In the look the detection is left of and above the middle; a quarter turn takes that to above and right of it.
    expect(turned.centre.x).toBeCloseTo(500 + 120, 9)
    expect(turned.centre.y).toBeCloseTo(300 - 160, 9)
  })
})
