import { describe, expect, it } from 'vitest'
import type { Tensor } from '../../../../../worker/runtimes/runtime.ts'
import { DETECTOR_SIDE, detectorTile, readGrid, suppress } from '../../../../../worker/tasks/faces/detector.ts'

const CELLS = 13
const emptyGrid = (count = 1): Tensor & { data: Float32Array } => ({
  dims: [count, CELLS, CELLS, 25],
  data: new Float32Array(count * CELLS * CELLS * 25).fill(-20),
})
const put = (grid: Float32Array, picture: number, row: number, column: number, anchor: number, numbers: number[]) =>
  grid.set(numbers, ((picture * CELLS + row) * CELLS + column) * 25 + anchor * 5)

describe('detectorTile', () => {
  it('scales the longer side to the square and leaves black right or below', () => {
    const data = new Uint8Array(100 * 50 * 3).fill(255)
    const tile = detectorTile({ data, width: 100, height: 50 }, { left: 0, top: 0, width: 100, height: 50 })
    const at = (x: number, y: number) => tile[(y * DETECTOR_SIDE + x) * 3]
    expect([at(0, 0), at(415, 207), at(0, 209), at(415, 415)]).toEqual([255, 255, 0, 0])
  })
})

describe('readGrid', () => {
  it('places a box by cell, offset and anchor, as shares of the square', () => {
    const grid = emptyGrid()
    put(grid.data, 0, 4, 7, 2, [0, 0, 0, 0, 3])
    const [found] = readGrid(grid, 0, 0.5)
    expect(found?.score).toBeCloseTo(1 / (1 + Math.exp(-3)), 6)
    expect((found?.region.left ?? 0) + (found?.region.width ?? 0) / 2).toBeCloseTo(7.5 / 13, 6)
    expect((found?.region.top ?? 0) + (found?.region.height ?? 0) / 2).toBeCloseTo(4.5 / 13, 6)
    expect(found?.region.width).toBeCloseTo(2.882459 / 13, 6)
    expect(found?.region.height).toBeCloseTo(3.518061 / 13, 6)
  })

  it('doubles the anchor where the net says log 2', () => {
    const grid = emptyGrid()
    put(grid.data, 0, 0, 0, 0, [0, 0, Math.LN2, Math.LN2, 1])
    expect(readGrid(grid, 0, 0.5)[0]?.region.width).toBeCloseTo((2 * 1.603231) / 13, 6)
  })

  it('reads each picture of a batch on its own', () => {
    const grid = emptyGrid(3)
    put(grid.data, 1, 2, 2, 0, [0, 0, 0, 0, 2])
    expect([0, 1, 2].map((index) => readGrid(grid, index, 0.5).length)).toEqual([0, 1, 0])
  })

  it.each([
    [0.4, 2],
    [0.6, 1],
    [0.95, 0],
  ])('keeps what scores at least %d', (least, count) => {
    const grid = emptyGrid()
    put(grid.data, 0, 1, 1, 0, [0, 0, 0, 0, 0])
    put(grid.data, 0, 9, 9, 0, [0, 0, 0, 0, 1])
    expect(readGrid(grid, 0, least)).toHaveLength(count)
  })

  it('takes a score that is not a number for no face', () => {
    const grid = emptyGrid()
    put(grid.data, 0, 1, 1, 0, [0, 0, 0, 0, Number.NaN])
    expect(readGrid(grid, 0, 0.5)).toEqual([])
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
