import { describe, expect, it } from 'vitest'
import { createPyramid, halve } from '../../../../../worker/tasks/ocr/pyramid.ts'
import { drawn } from './pictures.ts'

describe('halving a picture', () => {
  it('takes the mean of four pixels, channel by channel', () => {
    const picture = { data: Uint8Array.from([0, 10, 20, 4, 10, 20, 8, 10, 20, 12, 30, 20]), width: 2, height: 2 }
    expect(halve(picture)).toEqual({ data: Uint8Array.from([6, 15, 20]), width: 1, height: 1 })
  })

  it('drops an odd last row and column, and keeps a picture of one pixel', () => {
    expect(halve(drawn(5, 3, () => 7))).toEqual(drawn(2, 1, () => 7))
    expect(halve(drawn(1, 1, () => 7))).toEqual(drawn(1, 1, () => 7))
  })
})

describe('a pyramid', () => {
  it('gives the level nearest to the wanted size, at most half as large again', () => {
    const pyramid = createPyramid(drawn(800, 400, () => 0))
    expect([2, 1, 0.6, 0.5, 0.3, 0.1].map((scale) => pyramid.level(scale).scale)).toEqual([1, 1, 0.5, 0.5, 0.25, 0.125])
    expect(pyramid.level(0.5).picture.width).toBe(400)
  })

  it('makes each level once', () => {
    const pyramid = createPyramid(drawn(64, 64, () => 0))
    expect(pyramid.level(0.25).picture).toBe(pyramid.level(0.25).picture)
  })

  it('ends before nothing is left', () => {
    const { picture } = createPyramid(drawn(9, 9, () => 0)).level(0.000_1)
    expect(Math.min(picture.width, picture.height)).toBeGreaterThan(1)
  })
})
