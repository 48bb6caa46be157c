import { describe, expect, it } from 'vitest'
import type { LivenessResult } from '../../../../infra/domain/results.ts'
import type { DecodedPicture } from '../../../../infra/ports/picture-codec.ts'
import type { TaskItem } from '../../../../worker/executor.ts'
import type { ModelCard } from '../../../../worker/models/manifest.ts'
import { createLiveness } from '../../../../worker/tasks/liveness.ts'
import { aScene, oracleNets, scriptedNet, type TrueFace } from './faces/oracle-nets.ts'

const aFace = (overrides: Partial<TrueFace> = {}): TrueFace => ({
  centre: { x: 240, y: 260 },
  eyes: 60,
  degrees: 0,
  ...overrides,
})
const scenes = [
  aScene(0, [aFace()]),
  aScene(1, []),
  aScene(2, [aFace(), aFace({ centre: { x: 80, y: 80 }, eyes: 30 })]),
  aScene(3, [aFace({ eyes: 28 })]),
]
const [anna, nobody, companion, far] = scenes.map(({ picture }) => picture) as [
  DecodedPicture,
  DecodedPicture,
  DecodedPicture,
  DecodedPicture,
]
const item = (image?: DecodedPicture): TaskItem => ({ pictures: image ? { image } : {}, options: {} })
const card: Partial<ModelCard> = {
  input: {
    name: 'image',
    dims: ['N', 32, 32, 3],
    dtype: 'float32',
    layout: 'NHWC',
    colour: 'RGB',
    mean: [0, 0, 0],
    std: [255, 255, 255],
  },
  live: { output: 'answer', index: 0, activation: 'none' },
}
const signal = (score: number, overrides: Partial<ModelCard> = {}) =>
  scriptedNet('face-liveness', () => Float32Array.of(score, 1 - score), { ...card, ...overrides })
const nets = (...scores: number[]) => ({ ...oracleNets(scenes), signals: scores.map((score) => signal(score)) })
const resultOf = (answer: unknown) => (answer as { result: LivenessResult }).result

describe('liveness', () => {
  it('tells the score, what it was made from, and how far to trust it', async () => {
    const antispoof = scriptedNet('face-antispoof', () => Float32Array.of(0.6), card)
    const task = await createLiveness({ ...nets(0.9), signals: [antispoof, signal(0.9)] })
    const [answer] = await task.run([item(anna)])
    const { score, signals, ...rest } = resultOf(answer)
    expect(score).toBeCloseTo(0.75, 6)
    expect(signals.map(({ name }) => name)).toEqual(['antispoof', 'liveness'])
    expect(rest).toMatchObject({ live: true, threshold: 0.5, verdict: 'review', assurance: 'low' })
    expect(rest.face.quality.eyeDistancePx).toBeGreaterThan(58)
  })

  it('passes only where the operator allowed it', async () => {
    const verdicts = []
    for (const options of [{}, { allowPass: false }, { allowPass: true }]) {
      const [answer] = await (await createLiveness(nets(0.99, 0.98), options)).run([item(anna)])
      verdicts.push(resultOf(answer).verdict)
    }
    expect(verdicts).toEqual(['review', 'review', 'pass'])
  })

  it('fails what scores low, even so', async () => {
    const [answer] = await (await createLiveness(nets(0.2), { allowPass: true })).run([item(anna)])
    expect(resultOf(answer)).toMatchObject({ live: false, verdict: 'fail' })
  })

  it('lets a model of substantial assurance decide alone', async () => {
    const signals = [signal(0.99), signal(0.1, { assurance: 'substantial' })]
    const [answer] = await (await createLiveness({ ...oracleNets(scenes), signals })).run([item(anna)])
    expect(resultOf(answer)).toMatchObject({ live: false, assurance: 'substantial' })
  })

  it.each([
    ['nobody', nobody, 'NO_FACE'],
    ['a second face that face match would tolerate', companion, 'SEVERAL_FACES'],
    ['a face that is large enough for face match only', far, 'FACE_TOO_SMALL'],
    ['no picture', undefined, 'PICTURE_GONE'],
  ])('refuses %s', async (_, picture, code) => {
    const task = await createLiveness(nets(0.9))
    expect(await task.run([item(picture)])).toMatchObject([{ kind: 'error', error: { code, picture: 'image' } }])
  })

  it('answers a mixed batch in order, as it answers each item alone', async () => {
    const items = [item(nobody), item(anna), item(), item(companion), item(anna)]
    const task = await createLiveness(nets(0.9, 0.8), { batchSizes: { detector: 3, landmarks: 4, signals: 2 } })
    const alone = await createLiveness(nets(0.9, 0.8))
    const singles = []
    for (const one of items) singles.push(...(await alone.run([one])))
    expect(await task.run(items)).toEqual(singles)
    expect(singles.map(({ kind }) => kind)).toEqual(['error', 'result', 'error', 'error', 'result'])
  })

  it('throws rather than decide on a number that is none', async () => {
    const task = await createLiveness(nets(Number.NaN))
    await expect(task.run([item(anna)])).rejects.toMatchObject({ code: 'INFERENCE' })
  })

  it('is not made from a card that does not say how to read it', async () => {
    const { live, ...silent } = card
    const signals = [scriptedNet('face-liveness', () => Float32Array.of(1), silent)]
    await expect(createLiveness({ ...oracleNets(scenes), signals })).rejects.toMatchObject({ code: 'MODEL_MANIFEST' })
    expect(live).toBeDefined()
  })

  it('names its models, warms all of them up, and closes them', async () => {
    const all = nets(0.9, 0.8)
    const task = await createLiveness(all, { batchSizes: { signals: 2 } })
    await task.warmUp()
    await task.close()
    const every = [all.detector, all.landmarks, ...all.signals]
    expect(task.models).toEqual(every.map(({ model }) => model.ref))
    expect(every.map(({ asked }) => asked)).toEqual([[1], [1], [2], [2]])
    expect(every.every((net) => net.isClosed())).toBe(true)
  })
})
