import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  centreOf,
  clip,
  overlap,
  QUARTER_TURNS,
  squareAround,
  turnPoint,
  turnRegion,
  turnTile,
  undo,
} from '../../../../../worker/tasks/faces/geometry.ts'

const aTile = (side: number): Uint8Array => Uint8Array.from({ length: side * side * 3 }, (_, at) => (at * 31) % 251)
const pixel = (tile: Uint8Array, side: number, x: number, y: number) => [
  ...tile.subarray((y * side + x) * 3).slice(0, 3),
]
const aRegion = fc.record({
  left: fc.double({ min: -50, max: 50, noNaN: true }),
  top: fc.double({ min: -50, max: 50, noNaN: true }),
  width: fc.double({ min: 1, max: 80, noNaN: true }),
  height: fc.double({ min: 1, max: 80, noNaN: true }),
})

describe('quarter turns', () => {
  it.each([
    [0, { x: 1, y: 2 }],
    [1, { x: 8, y: 1 }],
    [2, { x: 9, y: 8 }],
    [3, { x: 2, y: 9 }],
  ] as const)('%i of them move (1, 2) of a 10-pixel square clockwise', (turns, expected) => {
    expect(turnPoint({ x: 1, y: 2 }, 10, turns)).toEqual(expected)
  })

  it('are undone by the opposite turn, for points, regions and pixels alike', () => {
    fc.assert(
      fc.property(aRegion, fc.constantFrom(...QUARTER_TURNS), (region, turns) => {
        const back = turnRegion(turnRegion(region, 100, turns), 100, undo(turns))
        for (const side of ['left', 'top', 'width', 'height'] as const) expect(back[side]).toBeCloseTo(region[side], 9)
      }),
    )
    const tile = aTile(7)
    for (const turns of QUARTER_TURNS) expect(turnTile(turnTile(tile, 7, turns), 7, undo(turns))).toEqual(tile)
  })

  it('move a pixel to where they move its centre', () => {
    const tile = aTile(6)
    for (const turns of QUARTER_TURNS) {
      const turned = turnTile(tile, 6, turns)
      const { x, y } = turnPoint({ x: 1.5, y: 4.5 }, 6, turns)
      expect(pixel(turned, 6, Math.floor(x), Math.floor(y))).toEqual(pixel(tile, 6, 1, 4))
    }
  })
})

describe('regions', () => {
  it.each([
    ['the same', { left: 0, top: 0, width: 10, height: 10 }, 1],
    ['half over', { left: 5, top: 0, width: 10, height: 10 }, 1 / 3],
    ['inside', { left: 2, top: 2, width: 5, height: 5 }, 0.25],
    ['touching', { left: 10, top: 0, width: 10, height: 10 }, 0],
    ['apart', { left: 40, top: 40, width: 10, height: 10 }, 0],
  ])('overlap by their share of the union: %s', (_, other, expected) => {
    expect(overlap({ left: 0, top: 0, width: 10, height: 10 }, other)).toBeCloseTo(expected, 12)
  })

  it('keep their centre when they become squares', () => {
    fc.assert(
      fc.property(aRegion, fc.double({ min: 0.5, max: 3, noNaN: true }), (region, factor) => {
        const square = squareAround(region, factor)
        expect(square.width).toBe(square.height)
        expect(square.width).toBeCloseTo(Math.max(region.width, region.height) * factor, 9)
        expect(square.left + square.width / 2).toBeCloseTo(region.left + region.width / 2, 9)
        expect(square.top + square.height / 2).toBeCloseTo(region.top + region.height / 2, 9)
      }),
    )
  })

  it('are cut at the picture and empty outside of it', () => {
    const picture = { width: 20, height: 10 }
    expect(clip({ left: -5, top: 4, width: 10, height: 10 }, picture)).toEqual({ left: 0, top: 4, width: 5, height: 6 })
    expect(clip({ left: 30, top: 0, width: 5, height: 5 }, picture).width).toBe(0)
  })
})

describe('centreOf', () => {
  it('is the mean of the points', () => {
    expect(
      centreOf([
        { x: 0, y: 0 },
        { x: 4, y: 2 },
        { x: 2, y: 4 },
      ]),
    ).toEqual({ x: 2, y: 2 })
  })
})
