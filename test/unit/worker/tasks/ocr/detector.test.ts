import { describe, expect, it } from 'vitest'
import { InferenceError } from '../../../../../worker/runtimes/errors.ts'
import { detectText } from '../../../../../worker/tasks/ocr/detector.ts'
import { wholeFrame } from '../../../../../worker/tasks/ocr/frame.ts'
import { minAreaRect } from '../../../../../worker/tasks/ocr/geometry.ts'
import { createPyramid } from '../../../../../worker/tasks/ocr/pyramid.ts'
import { drawn } from './pictures.ts'
import { darkDetector, fakeSession } from './sessions.ts'

/** A dark bar of 200 by 20 pixels, its middle at (200, 150), on a light page of 400 by 300. */
const BAR = drawn(400, 300, (x, y) => (Math.abs(x - 199.5) < 100 && Math.abs(y - 149.5) < 10 ? 20 : 230))

describe('detecting text', () => {
  it('finds a bar where it is, in pixels of the picture', async () => {
    const regions = await detectText(darkDetector(), createPyramid(BAR), wholeFrame(400, 300), 960)
    expect(regions).toHaveLength(1)
    const rect = minAreaRect(regions[0]?.hull ?? [])
    expect(rect?.centre.x).toBeCloseTo(199.5, 0)
    expect(rect?.centre.y).toBeCloseTo(149.5, 0)
    expect(Math.abs((rect?.width ?? 0) - 200)).toBeLessThan(2)
    expect(Math.abs((rect?.height ?? 0) - 20)).toBeLessThan(2)
    expect(regions[0]?.score).toBeCloseTo(0.95)
  })

  it('finds it in the same place in a view that is turned', async () => {
    const angle = Math.PI / 6
    const frame = { origin: { x: 100, y: -60 }, angle, width: 420, height: 320 }
    const [region] = await detectText(darkDetector(), createPyramid(BAR), frame, 640)
    const rect = minAreaRect(region?.hull ?? [])
    expect(Math.abs((rect?.centre.x ?? 0) - 199.5)).toBeLessThan(2)
    expect(Math.abs((rect?.centre.y ?? 0) - 149.5)).toBeLessThan(2)
    expect(Math.abs(rect?.angle ?? 9)).toBeLessThan(0.03)
  })

  it('shows the network multiples of 32 pixels, small pictures enlarged up to three times', async () => {
    const detector = darkDetector()
    await detectText(detector, createPyramid(BAR), wholeFrame(400, 300), 960)
    const tiny = createPyramid(drawn(100, 50, () => 200))
    await detectText(detector, tiny, wholeFrame(100, 50), 960)
    expect(detector.asked.map(({ dims }) => dims)).toEqual([
      [1, 3, 736, 960],
      [1, 3, 160, 288],
    ])
  })

  it('finds nothing on an empty page', async () => {
    const empty = createPyramid(drawn(200, 200, () => 230))
    expect(await detectText(darkDetector(), empty, wholeFrame(200, 200), 640)).toEqual([])
  })

  it('refuses a map of another size', async () => {
    const wrong = fakeSession(() => ({ dims: [1, 1, 2, 2], data: new Float32Array(4) }))
    await expect(detectText(wrong, createPyramid(BAR), wholeFrame(400, 300), 640)).rejects.toThrow(InferenceError)
  })
})
