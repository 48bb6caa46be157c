import { describe, expect, it } from 'vitest'
import type { Frame, Point } from '../../../../../worker/tasks/faces/geometry.ts'
import {
  between,
  disagreement,
  LANDMARKS_SIDE,
  landmarksTile,
  poseOf,
  readLandmarks,
} from '../../../../../worker/tasks/faces/landmarks.ts'

/** A black picture with one white block, so that a tile says where the block went. */
const blockAt = (left: number, top: number) => {
  const data = new Uint8Array(200 * 200 * 3)
  for (let y = top; y < top + 4; y += 1) data.fill(255, (y * 200 + left) * 3, (y * 200 + left + 4) * 3)
  return { data, width: 200, height: 200 }
}
const brightest = (tile: Uint8Array): Point => {
  let [x, y, weight] = [0, 0, 0]
  for (let at = 0; at < tile.length; at += 3) {
    const value = tile[at] ?? 0
    x += value * (((at / 3) % LANDMARKS_SIDE) + 0.5)
    y += value * (Math.floor(at / 3 / LANDMARKS_SIDE) + 0.5)
    weight += value
  }
  return { x: x / weight / LANDMARKS_SIDE, y: y / weight / LANDMARKS_SIDE }
}
const frame = (overrides: Partial<Frame> = {}): Frame => ({
  centre: { x: 100, y: 100 },
  size: 80,
  degrees: 0,
  ...overrides,
})
const someLandmarks = (eyeDistance: number, shift = 0): Point[] =>
  Array.from({ length: 68 }, (_, index) => {
    const x = index >= 36 && index < 42 ? 0 : index >= 42 && index < 48 ? eyeDistance : eyeDistance / 2
    return { x: x + shift, y: 10 }
  })

describe('landmarksTile and readLandmarks', () => {
  it.each([
    frame(),
    frame({ size: 190 }),
    frame({ degrees: 30 }),
    frame({ degrees: -90, centre: { x: 90, y: 105 } }),
    frame({ degrees: 180, size: 60 }),
  ])('lead from the picture to the tile and back: %o', (shown) => {
    const seen = brightest(landmarksTile(blockAt(95, 110), shown))
    const points = new Float32Array(136)
    points.set([seen.x, seen.y])
    const [point] = readLandmarks(points, shown)
    expect(Math.abs((point?.x ?? 0) - 97)).toBeLessThan(0.5)
    expect(Math.abs((point?.y ?? 0) - 112)).toBeLessThan(0.5)
  })

  it('bring a face upright: what lies below the middle of a frame turned by 90 degrees lies to its right', () => {
    const seen = brightest(landmarksTile(blockAt(98, 118), frame({ degrees: 90 })))
    expect(seen.x).toBeGreaterThan(0.7)
    expect(seen.y).toBeCloseTo(0.5, 1)
  })
})

describe('poseOf', () => {
  it('takes the eyes from points 36..41 and 42..47 and the nose from point 30', () => {
    const landmarks = Array.from({ length: 68 }, (_, index) => ({ x: index, y: 2 * index }))
    expect(poseOf(landmarks)).toEqual({
      leftEye: { x: 38.5, y: 77 },
      rightEye: { x: 44.5, y: 89 },
      noseTip: { x: 30, y: 60 },
      eyeDistance: Math.hypot(6, 12),
    })
  })
})

describe('two readings of the same landmarks', () => {
  it('meet in the middle', () => {
    expect(between([{ x: 0, y: 4 }], [{ x: 2, y: 0 }])).toEqual([{ x: 1, y: 2 }])
  })

  it('disagree by their distance in eye distances, whatever the size of the face', () => {
    expect(disagreement(someLandmarks(50), someLandmarks(50))).toBe(0)
    expect(disagreement(someLandmarks(50), someLandmarks(50, 5))).toBeCloseTo(0.1, 9)
    expect(disagreement(someLandmarks(200), someLandmarks(200, 20))).toBeCloseTo(0.1, 9)
  })

  it('are not compared along the jaw', () => {
    const moved = someLandmarks(50).map((point, index) => (index < 17 ? { x: point.x + 40, y: point.y } : point))
    expect(disagreement(someLandmarks(50), moved)).toBe(0)
  })
})
