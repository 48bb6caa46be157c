import { describe, expect, it } from 'vitest'
import { CHIP_SIDE } from '../../../../../worker/tasks/faces/alignment.ts'
import { type Point, turned } from '../../../../../worker/tasks/faces/geometry.ts'
import { brightnessOf, qualityOf, rollOf, sharpnessOf, yawOf } from '../../../../../worker/tasks/faces/quality.ts'

const chipOf = (grey: (x: number, y: number) => number) =>
  Uint8Array.from({ length: CHIP_SIDE * CHIP_SIDE * 3 }, (_, at) => {
    const pixel = Math.floor(at / 3)
    return Math.min(255, Math.max(0, grey(pixel % CHIP_SIDE, Math.floor(pixel / CHIP_SIDE))))
  })
/** Something with edges of all kinds, blurred by a Gaussian in closed form: a step's blur is the error function. */
const erf = (x: number) => Math.tanh(1.2025 * x)
const edges = (sigma: number, contrast = 60, sigmaDown = sigma) =>
  chipOf((x, y) => {
    const step = (at: number, where: number, blur: number) => erf((at - where) / (blur + 0.01))
    const across = [40, 55, 72, 90, 108].reduce(
      (sum, where, order) => sum + (order % 2 ? -1 : 1) * step(x, where, sigma),
      0,
    )
    const down = [38, 60, 85, 110].reduce(
      (sum, where, order) => sum + (order % 2 ? -1 : 1) * step(y, where, sigmaDown),
      0,
    )
    return 128 + (contrast * (across + down)) / 2
  })
const face = (overrides: Partial<Record<'left' | 'right' | 'nose', Point>> = {}, degrees = 0): Point[] =>
  Array.from({ length: 68 }, (_, index) => {
    const { left = { x: 0, y: 0 }, right = { x: 60, y: 0 }, nose = { x: 30, y: 35 } } = overrides
    return turned(index >= 36 && index < 42 ? left : index >= 42 && index < 48 ? right : nose, degrees)
  })

describe('sharpness', () => {
  const sigmas = [0, 1, 2, 3, 4, 6, 9]

  it('falls with every bit of blur, from crisp to lost', () => {
    const values = sigmas.map((sigma) => sharpnessOf(edges(sigma)))
    expect(values).toEqual(values.toSorted((a, b) => b - a))
    expect(values[0]).toBe(1)
    expect(values[2]).toBeGreaterThan(0.4)
    expect(values.at(-1)).toBeLessThan(0.1)
  })

  it('does not depend on contrast: a face in the dark is not a blurred one', () => {
    for (const sigma of [1, 3]) {
      expect(Math.abs(sharpnessOf(edges(sigma, 60)) - sharpnessOf(edges(sigma, 12)))).toBeLessThan(0.08)
    }
  })

  it('sees blur along one direction only, as a shaken camera gives', () => {
    expect(sharpnessOf(edges(5, 60, 0))).toBeLessThan(0.3)
    expect(sharpnessOf(edges(0, 60, 5))).toBeLessThan(0.3)
    expect(sharpnessOf(edges(0, 60, 0))).toBe(1)
  })

  it('is nothing for a plain surface', () => {
    expect(sharpnessOf(chipOf(() => 90))).toBe(0)
  })
})

describe('brightness', () => {
  it.each([
    [0, 0],
    [51, 0.2],
    [255, 1],
  ])('of grey %i is %d', (grey, expected) => {
    expect(brightnessOf(chipOf(() => grey))).toBeCloseTo(expected, 3)
  })

  it('does not look at the background', () => {
    const framed = chipOf((x, y) => (x > 29 && x < 120 && y > 29 && y < 120 ? 51 : 255))
    expect(brightnessOf(framed)).toBeCloseTo(0.2, 3)
  })
})

describe('pose', () => {
  it.each([-170, -45, 0, 12, 90])('has a roll of %i degrees for a face turned so, clockwise', (degrees) => {
    expect(rollOf(face({}, degrees))).toBeCloseTo(degrees, 6)
  })

  it('has a yaw with the side the nose points to, whatever the roll', () => {
    for (const degrees of [0, 30, 180]) {
      expect(yawOf(face({}, degrees))).toBeCloseTo(0, 6)
      expect(yawOf(face({ nose: { x: 48, y: 35 } }, degrees))).toBeGreaterThan(20)
      expect(yawOf(face({ nose: { x: 12, y: 35 } }, degrees))).toBeLessThan(-20)
    }
  })
})

describe('qualityOf', () => {
  it('tells all of it, rounded', () => {
    const quality = qualityOf(face({ nose: { x: 48, y: 35 } }, 10), edges(2))
    expect(quality.eyeDistancePx).toBe(60)
    expect(quality.rollDegrees).toBe(10)
    expect(quality.yawDegrees).toBe(26.6)
    expect(quality.sharpness).toBeCloseTo(sharpnessOf(edges(2)), 3)
    expect(quality.brightness).toBeCloseTo(brightnessOf(edges(2)), 3)
  })
})
