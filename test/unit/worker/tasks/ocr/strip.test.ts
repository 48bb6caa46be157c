import { describe, expect, it } from 'vitest'
import { createPyramid } from '../../../../../worker/tasks/ocr/pyramid.ts'
import { type Strip, sampleStrip, stripCorners, stripOf, stripPart } from '../../../../../worker/tasks/ocr/strip.ts'
import { drawn } from './pictures.ts'

const sample = (picture: ReturnType<typeof drawn>, strip: Strip, columns: number, rows: number, from = 0, to = 1) => {
  const size = columns * rows
  const data = new Float32Array(size * 3)
  const plane = { data, offset: 0, rowStride: columns, channelStride: size }
  sampleStrip(createPyramid(picture), strip, plane, columns, rows, from, to)
  return Array.from(data.subarray(0, size), (value) => Math.round((value + 1) * 127.5))
}

/** Grey levels count up along the picture, ten a pixel. */
const RAMP = drawn(20, 4, (x) => x * 10)
const WHOLE: Strip = { left: { x: -0.5, y: 1.5 }, right: { x: 19.5, y: 1.5 }, height: 4 }

describe('straightening a strip', () => {
  it('takes over the pixels of an upright one', () => {
    expect(sample(RAMP, WHOLE, 20, 4).slice(20, 40)).toEqual(Array.from({ length: 20 }, (_, x) => x * 10))
  })

  it('reads it from its left end, wherever that lies', () => {
    const turned = { ...WHOLE, left: WHOLE.right, right: WHOLE.left }
    expect(sample(RAMP, turned, 20, 4).slice(20, 40)).toEqual(Array.from({ length: 20 }, (_, x) => 190 - x * 10))
  })

  it('reads a strip that runs down the picture', () => {
    const tall = drawn(4, 20, (_, y) => y * 10)
    const down: Strip = { left: { x: 1.5, y: -0.5 }, right: { x: 1.5, y: 19.5 }, height: 4 }
    expect(sample(tall, down, 20, 4).slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, x) => x * 10))
  })

  it('takes a part of it, and repeats the edge beyond the picture', () => {
    expect(sample(RAMP, WHOLE, 10, 4, 0.5, 1).slice(0, 3)).toEqual([100, 110, 120])
    expect(sample(RAMP, WHOLE, 10, 4, -0.25, 0.25).slice(0, 6)).toEqual([0, 0, 0, 0, 0, 0])
  })

  it('puts blue first', () => {
    const data = new Float32Array(3)
    const picture = { data: Uint8Array.from([255, 0, 0]), width: 1, height: 1 }
    const strip = { left: { x: -0.5, y: 0 }, right: { x: 0.5, y: 0 }, height: 1 }
    sampleStrip(createPyramid(picture), strip, { data, offset: 0, rowStride: 1, channelStride: 1 }, 1, 1)
    expect([...data]).toEqual([-1, -1, 1])
  })

  it('does not alias when it shrinks: fine stripes become grey', () => {
    const stripes = drawn(400, 48, (x) => (x % 2 === 0 ? 0 : 255))
    const strip = { left: { x: -0.5, y: 23.5 }, right: { x: 399.5, y: 23.5 }, height: 48 }
    for (const value of sample(stripes, strip, 50, 6)) expect(Math.abs(value - 128)).toBeLessThan(3)
  })
})

describe('parts and corners of a strip', () => {
  const strip = stripOf({ centre: { x: 100, y: 50 }, width: 80, height: 10, angle: 0 })

  it('follow its direction', () => {
    expect(stripPart(strip, 0.5, 1)).toEqual({ left: { x: 100, y: 50 }, right: { x: 140, y: 50 }, height: 10 })
    expect(stripCorners(strip)).toEqual([
      { x: 60, y: 45 },
      { x: 140, y: 45 },
      { x: 140, y: 55 },
      { x: 60, y: 55 },
    ])
  })
})
