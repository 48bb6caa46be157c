import { describe, expect, it } from 'vitest'
import { brighten } from '../../../../../worker/tasks/faces/levels.ts'

const ramp = (white: number) => Uint8Array.from({ length: 30_000 }, (_, at) => (at / 30_000) * white)

describe('brighten', () => {
  it('makes the white of a dark tile white, and keeps black black', () => {
    const tile = ramp(40)
    brighten(tile)
    expect(tile[0]).toBe(0)
    expect(tile.at(-1)).toBeGreaterThan(220)
    expect(tile).toEqual(tile.toSorted())
  })

  it('leaves a bright tile alone', () => {
    const tile = ramp(210)
    brighten(tile)
    expect(tile).toEqual(ramp(210))
  })

  it('is not misled by a lamp in the dark', () => {
    const tile = ramp(40)
    tile.fill(255, 0, 9)
    brighten(tile)
    expect(tile.at(-1)).toBeGreaterThan(200)
    expect(tile[0]).toBe(255)
  })

  it('leaves a black tile black', () => {
    const tile = new Uint8Array(300)
    brighten(tile)
    expect(Math.max(...tile)).toBe(0)
  })
})
