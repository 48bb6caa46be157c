import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ModelCard } from '../../../../../worker/models/manifest.ts'
import { centred, liveSpecOf } from '../../../../../worker/tasks/faces/live-signal.ts'
import { scriptedNet, truthOf } from './oracle-nets.ts'

type Input = ModelCard['input']
const input: Input = {
  name: 'image',
  dims: ['N', 4, 4, 3],
  dtype: 'float32',
  layout: 'NHWC',
  colour: 'RGB',
  mean: [0, 0, 0],
  std: [255, 255, 255],
}
const live = { output: 'answer', index: 0, activation: 'none' as const }
const specOf = (overrides: Partial<ModelCard> = {}) =>
  liveSpecOf(scriptedNet('face-liveness', () => new Float32Array(), { input, live, ...overrides }).model)
/** Red everywhere, green from the left half on, blue not at all. */
const picture = {
  width: 200,
  height: 200,
  data: Uint8Array.from({ length: 200 * 200 * 3 }, (_, at) =>
    at % 3 === 0 ? 200 : at % 3 === 1 && Math.floor(at / 3) % 200 < 100 ? 100 : 0,
  ),
}
const landmarks = truthOf({ centre: { x: 100, y: 100 }, eyes: 40, degrees: 0 })

describe('a liveness model’s input', () => {
  it.each([
    ['NHWC, RGB', {}, [200 / 255, 100 / 255, 0]],
    ['BGR', { colour: 'BGR' }, [0, 100 / 255, 200 / 255]],
    ['another mean and scale', { mean: [100, 50, 10], std: [2, 1, 5] }, [50, 50, -2]],
  ] as const)('has colours and scale as the card says: %s', (_, overrides, first) => {
    const data = specOf({ input: { ...input, ...overrides } as Input }).draw(picture, landmarks)
    expect(data).toBeInstanceOf(Float32Array)
    for (const [channel, value] of first.entries()) expect(data[channel]).toBeCloseTo(value, 4)
  })

  it('comes channel by channel for NCHW', () => {
    const planar: Input = { ...input, dims: ['N', 3, 4, 4], layout: 'NCHW' }
    const spec = specOf({ input: planar })
    const data = spec.draw(picture, landmarks)
    expect(spec.dims).toEqual([3, 4, 4])
    expect([data[0], data[15]].map((value) => Math.round((value ?? 0) * 255))).toEqual([200, 200])
    expect([data[16], data[19]].map((value) => Math.round((value ?? 0) * 255))).toEqual([100, 0])
    expect(Math.max(...data.subarray(32))).toBe(0)
  })

  it('takes raw bytes where the card says uint8', () => {
    const raw: Input = { ...input, dtype: 'uint8', std: [1, 1, 1] }
    expect([...specOf({ input: raw }).draw(picture, landmarks).subarray(0, 3)]).toEqual([200, 100, 0])
  })

  it('reaches further round the face for a larger crop', () => {
    const edge = { ...picture, data: picture.data.map((value, at) => (Math.floor(at / 3) % 200 < 40 ? 255 : value)) }
    const blueAtLeft = (crop: number) => specOf({ input: { ...input, crop } }).draw(edge, landmarks)[2]
    expect(blueAtLeft(0.8)).toBe(0)
    expect(blueAtLeft(1.6)).toBeGreaterThan(0.3)
  })
})

describe('a liveness model’s answer', () => {
  it.each([
    ['none', 0, [0.7, 0.3], 0.7],
    ['none', 1, [0.7, 0.3], 0.3],
    ['none', 0, [1.2], 1],
    ['none', 0, [-0.1], 0],
    ['sigmoid', 0, [0], 0.5],
    ['sigmoid', 0, [-40], 0],
    ['softmax', 0, [3, 3], 0.5],
    ['softmax', 1, [0, 100, 0], 1],
    ['softmax', 2, [0, 0, Math.log(2)], 0.5],
  ] as const)('is a share by %s of number %i of %j', (activation, index, answer, expected) => {
    const signal = specOf({ live: { output: 'answer', index, activation } }).read(Float32Array.from(answer))
    expect(signal.score).toBeCloseTo(expected, 5)
    expect(signal.name).toBe('liveness')
  })

  it('is no number when the model gave none', () => {
    expect(specOf().read(new Float32Array()).score).toBeNaN()
  })

  it('is stretched so that the threshold lies in the middle', () => {
    expect(centred(0.8, 0.8)).toBeCloseTo(0.5, 12)
    expect(centred(0, 0.8)).toBe(0)
    expect(centred(1, 0.8)).toBe(1)
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(share, share, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (a, b, threshold) => {
        const [low, high] = [centred(Math.min(a, b), threshold), centred(Math.max(a, b), threshold)]
        expect(low).toBeLessThanOrEqual(high + 1e-12)
        expect(centred(a, threshold) >= 0.5).toBe(a >= threshold)
      }),
    )
  })
})

describe('a card that cannot be used', () => {
  it.each([
    ['does not say how live is read', { live: undefined }],
    ['has an input of free size', { input: { ...input, dims: ['N', 'S', 'S', 3] } }],
    ['has an input that is no square', { input: { ...input, dims: ['N', 80, 64, 3] } }],
    ['has an impossible threshold', { thresholds: { live: { value: 1, source: 'a test' } } }],
  ] as [string, Partial<ModelCard>][])('is refused when the task is made: %s', (_, overrides) => {
    expect(() => specOf(overrides)).toThrow(expect.objectContaining({ code: 'MODEL_MANIFEST' }))
  })
})
