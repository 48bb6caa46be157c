import { describe, expect, it } from 'vitest'
import type { FaceMatchResult } from '../../../../infra/domain/results.ts'
import type { DecodedPicture } from '../../../../infra/ports/picture-codec.ts'
import type { TaskItem } from '../../../../worker/executor.ts'
import { createFaceMatch } from '../../../../worker/tasks/face-match.ts'
import { aScene, oracleNets, scriptedNet, type TrueFace } from './faces/oracle-nets.ts'

const aFace = (overrides: Partial<TrueFace> = {}): TrueFace => ({
  centre: { x: 240, y: 260 },
  eyes: 60,
  degrees: 0,
  ...overrides,
})
/** The oracle's embedding tells place and picture: equal places of one picture are one person. */
const scenes = [
  aScene(0, [aFace()]),
  aScene(1, [aFace({ centre: { x: 120, y: 380 } })]),
  aScene(2, []),
  aScene(3, [aFace(), aFace({ centre: { x: 100, y: 100 }, eyes: 55 })]),
  aScene(4, [aFace({ eyes: 15 })]),
  aScene(5, [aFace(), aFace({ centre: { x: 80, y: 80 }, eyes: 25 })]),
]
const [anna, ben, nobody, crowd, tiny, ghost] = scenes.map(({ picture }) => picture) as [
  DecodedPicture,
  DecodedPicture,
  DecodedPicture,
  DecodedPicture,
  DecodedPicture,
  DecodedPicture,
]
const item = (source?: DecodedPicture, target?: DecodedPicture): TaskItem => ({
  pictures: { ...(source && { source }), ...(target && { target }) },
  options: {},
})
const resultOf = (answer: unknown) => (answer as { result: FaceMatchResult }).result

describe('face match', () => {
  it('matches a face with itself, whichever way up', async () => {
    const task = await createFaceMatch(oracleNets(scenes))
    const [answer] = await task.run([item(anna, anna)])
    expect(resultOf(answer)).toMatchObject({ match: true, threshold: 0.5, faces: { source: [{}], target: [{}] } })
    expect(resultOf(answer).similarity).toBeGreaterThan(0.99)
  })

  it('maps distance to similarity by the model’s own numbers', async () => {
    const nets = oracleNets(scenes)
    let turn = 0
    const apart = scriptedNet('face-embedding', () => Float32Array.of(turn++ * 0.6), {
      thresholds: {
        midpoint: { value: 0.6, source: 'a test' },
        slope: { value: 3, source: 'a test' },
        match: { value: 0.5, source: 'a test' },
      },
    })
    const [answer] = await (await createFaceMatch({ ...nets, embedding: apart })).run([item(anna, ben)])
    expect(resultOf(answer).similarity).toBeCloseTo(0.5, 6)
  })

  it.each([
    ['source', nobody, anna, 'NO_FACE'],
    ['target', anna, nobody, 'NO_FACE'],
    ['target', anna, crowd, 'SEVERAL_FACES'],
    ['source', tiny, anna, 'FACE_TOO_SMALL'],
    ['source', nobody, crowd, 'NO_FACE'],
  ])('says which picture is at fault and why: %s', async (picture, source, target, code) => {
    const task = await createFaceMatch(oracleNets(scenes))
    expect(await task.run([item(source, target)])).toMatchObject([{ kind: 'error', error: { code, picture } }])
  })

  it('compares the largest face and tolerates a small one beside it', async () => {
    const task = await createFaceMatch(oracleNets(scenes))
    const [answer] = await task.run([item(ghost, ghost)])
    const faces = resultOf(answer).faces.source
    expect(resultOf(answer).match).toBe(true)
    expect(faces).toHaveLength(2)
    expect(faces[0]?.quality.eyeDistancePx).toBeGreaterThan(50)
  })

  it('answers item by item: one that cannot be judged disturbs no other', async () => {
    const broken = { data: new Uint8Array(7), width: 500, height: 500 }
    const items = [
      item(anna, anna),
      item(anna, broken),
      item(nobody, anna),
      item(ben, ben),
      item(anna),
      item(crowd, anna),
      item(ghost, ghost),
    ]
    const codes = (answers: readonly { kind: string }[]) =>
      answers.map((answer) => (answer as { error?: { code: string } }).error?.code ?? answer.kind)
    const expected = ['result', 'PICTURE_UNREADABLE', 'NO_FACE', 'result', 'PICTURE_GONE', 'SEVERAL_FACES', 'result']
    const alone = await createFaceMatch(oracleNets(scenes))
    const singles = []
    for (const one of items) singles.push(...(await alone.run([one])))
    expect(codes(singles)).toEqual(expected)
    for (const size of [1, 4]) {
      const task = await createFaceMatch(oracleNets(scenes), {
        batchSizes: { detector: size, landmarks: size, embedding: size },
      })
      expect(await task.run(items)).toEqual(singles)
    }
  })

  it('does not run the embedding for faces that are not compared', async () => {
    const nets = oracleNets(scenes)
    await (await createFaceMatch(nets)).run([item(anna, nobody)])
    expect(nets.embedding.asked).toEqual([])
  })

  it('throws rather than decide on numbers that are none', async () => {
    const broken = scriptedNet('face-embedding', () => new Float32Array(128).fill(Number.NaN))
    const task = await createFaceMatch({ ...oracleNets(scenes), embedding: broken })
    await expect(task.run([item(anna, anna)])).rejects.toMatchObject({ code: 'INFERENCE' })
  })

  it('answers an empty batch with nothing', async () => {
    expect(await (await createFaceMatch(oracleNets(scenes))).run([])).toEqual([])
  })

  it('names its models, warms all of them up, and closes them', async () => {
    const nets = oracleNets(scenes)
    const task = await createFaceMatch(nets, { batchSizes: { embedding: 2 } })
    await task.warmUp()
    await task.close()
    const all = [nets.detector, nets.landmarks, nets.embedding]
    expect(task.models).toEqual(all.map(({ model }) => model.ref))
    expect(all.map(({ asked }) => asked)).toEqual([[1], [1], [2]])
    expect(all.every((net) => net.isClosed())).toBe(true)
  })
})
