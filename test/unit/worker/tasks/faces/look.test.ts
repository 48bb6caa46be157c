import { describe, expect, it } from 'vitest'
import {
  type Look,
  otherSizes,
  quarterTurns,
  show,
  slants,
  standardLook,
} from '../../../../../worker/tasks/faces/look.ts'
import { apply } from '../../../../../worker/tasks/faces/similarity-transform.ts'

/** A picture whose red and green tell the position: a pixel of a tile says where it came from. Blue marks the inside. */
const chart = (width: number, height: number) => {
  const data = new Uint8Array(width * height * 3)
  for (let at = 0; at < width * height; at += 1)
    data.set([((at % width) * 255) / width, (Math.floor(at / width) * 255) / height, 255], at * 3)
  return { data, width, height }
}
const looks: Look[] = [
  standardLook(416),
  { side: 192, degrees: 0, fill: 0.6 },
  { side: 832, degrees: 0, fill: 1 },
  ...quarterTurns(416),
  ...slants(416),
]

describe('show', () => {
  it.each(looks)('draws every pixel from where the transform says: %o', (look) => {
    for (const [width, height] of [
      [900, 600],
      [300, 380],
      [1700, 1100],
    ] as const) {
      const { tile, toPicture } = show(chart(width, height), look)
      let seen = 0
      const step = Math.floor(look.side / 16)
      for (let v = 5; v < look.side; v += step)
        for (let u = 5; u < look.side; u += step) {
          const at = (v * look.side + u) * 3
          if ((tile[at + 2] ?? 0) < 250) continue
          seen += 1
          const { x, y } = apply(toPicture, { x: u + 0.5, y: v + 0.5 })
          expect(Math.abs(((tile[at] ?? 0) / 255) * width - x)).toBeLessThan(width / 100)
          expect(Math.abs(((tile[at + 1] ?? 0) / 255) * height - y)).toBeLessThan(height / 100)
        }
      expect(seen).toBeGreaterThan(8)
    }
  })

  it.each(looks)('shows the whole picture: each corner lies in the tile of %o', (look) => {
    const [width, height] = [900, 600]
    const { toPicture } = show(chart(width, height), look)
    const corners = [
      [0, 0],
      [width, 0],
      [0, height],
      [width, height],
    ] as const
    for (const [x, y] of corners) {
      const scale = toPicture.a ** 2 + toPicture.b ** 2
      const u = (toPicture.a * (x - toPicture.dx) + toPicture.b * (y - toPicture.dy)) / scale
      const v = (toPicture.a * (y - toPicture.dy) - toPicture.b * (x - toPicture.dx)) / scale
      expect(Math.min(u, v)).toBeGreaterThan(-1e-6)
      expect(Math.max(u, v)).toBeLessThan(look.side + 1e-6)
    }
  })

  it('starts the standard look at the top left and leaves the rest black', () => {
    const { tile } = show(chart(200, 100), standardLook(100 - (100 % 32)))
    const at = (x: number, y: number) => tile[(y * 96 + x) * 3 + 2]
    expect([at(0, 0), at(95, 47), at(0, 49), at(95, 95)]).toEqual([255, 255, 0, 0])
  })

  it('brightens a dark picture', () => {
    const dark = { data: new Uint8Array(90 * 90 * 3).fill(20), width: 90, height: 90 }
    expect(Math.max(...show(dark, standardLook(64)).tile)).toBeGreaterThan(200)
  })
})

describe('the looks that follow', () => {
  it('go closer only where the picture has more to show', () => {
    const closest = (width: number, height: number) =>
      Math.max(...otherSizes({ data: new Uint8Array(), width, height }, 416).map(({ side, fill }) => side * fill))
    expect(closest(300, 400)).toBeLessThan(416)
    expect(closest(500, 519)).toBeLessThan(416)
    expect(closest(700, 300)).toBe(672)
    expect(closest(4000, 3000)).toBe(832)
  })

  it('are multiples of the detector’s cell, and turn right round', () => {
    const turned = [...quarterTurns(416), ...slants(416)]
    const all = [...otherSizes({ data: new Uint8Array(), width: 1000, height: 700 }, 416), ...turned]
    for (const { side } of all) expect(side % 32).toBe(0)
    const degrees = turned.map((look) => look.degrees)
    expect(degrees.toSorted((a, b) => a - b)).toEqual([45, 90, 135, 180, 225, 270, 315])
  })
})
