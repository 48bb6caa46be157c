import { describe, expect, it } from 'vitest'
import { QUARTER_TURNS, turnPoint } from '../../../../../worker/tasks/faces/geometry.ts'
import { LANDMARKS_SIDE, landmarksTile, poseOf, readLandmarks } from '../../../../../worker/tasks/faces/landmarks.ts'

/** A black picture with one white block, so that a tile says where the block went. */
const blockAt = (left: number, top: number) => {
  const data = new Uint8Array(200 * 200 * 3)
  for (let y = top; y < top + 4; y += 1) data.fill(255, (y * 200 + left) * 3, (y * 200 + left + 4) * 3)
  return { data, width: 200, height: 200 }
}
const brightest = (tile: Uint8Array) => {
  let [x, y, weight] = [0, 0, 0]
  for (let at = 0; at < tile.length; at += 3) {
    const value = tile[at] ?? 0
    x += value * (((at / 3) % LANDMARKS_SIDE) + 0.5)
    y += value * (Math.floor(at / 3 / LANDMARKS_SIDE) + 0.5)
    weight += value
  }
  return { x: x / weight / LANDMARKS_SIDE, y: y / weight / LANDMARKS_SIDE }
}

describe('landmarksTile and readLandmarks', () => {
  it.each(QUARTER_TURNS)('are each other’s inverse after %i quarter turns, for tall and wide regions', (turns) => {
    for (const region of [
      { left: 50, top: 30, width: 60, height: 100 },
      { left: 20, top: 60, width: 120, height: 70 },
    ]) {
      const seen = brightest(landmarksTile(blockAt(80, 90), region, turns))
      const points = new Float32Array(136)
      points.set([seen.x, seen.y])
      const [point] = readLandmarks(points, region, turns)
      expect(Math.abs((point?.x ?? 0) - 82)).toBeLessThan(1)
      expect(Math.abs((point?.y ?? 0) - 92)).toBeLessThan(1)
    }
  })

  it('turn the tile clockwise', () => {
    const region = { left: 0, top: 0, width: 200, height: 200 }
    const upright = brightest(landmarksTile(blockAt(30, 60), region, 0))
    const turned = brightest(landmarksTile(blockAt(30, 60), region, 1))
    const expected = turnPoint(upright, 1, 1)
    expect(turned.x).toBeCloseTo(expected.x, 2)
    expect(turned.y).toBeCloseTo(expected.y, 2)
  })

  it('pad centred with black', () => {
    const white = { data: new Uint8Array(200 * 200 * 3).fill(255), width: 200, height: 200 }
    const tile = landmarksTile(white, { left: 50, top: 50, width: 50, height: 100 }, 0)
    const row = Array.from({ length: LANDMARKS_SIDE }, (_, x) => tile[(50 * LANDMARKS_SIDE + x) * 3])
    expect([row[0], row[27], row[28], row[83], row[84], row[111]]).toEqual([0, 0, 255, 255, 0, 0])
  })
})

describe('poseOf', () => {
  it('takes the eyes from points 36..41 and 42..47 and the nose from point 30', () => {
    const landmarks = Array.from({ length: 68 }, (_, index) => ({ x: index, y: 2 * index }))
    expect(poseOf(landmarks)).toEqual({
      leftEye: { x: 38.5, y: 77 },
      rightEye: { x: 44.5, y: 89 },
      noseTip: { x: 30, y: 60 },
    })
  })
})
