import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LivenessResult } from '../../../../infra/domain/results.ts'
import type { DecodedPicture } from '../../../../infra/ports/picture-codec.ts'
import type { Task, TaskAnswer, TaskItem } from '../../../../worker/executor.ts'
import { openRealFaces, type RealFaces } from '../../../fixtures/faces/real-tasks.ts'
import { decoded, edit, loadPicture } from '../../../fixtures/pictures.ts'
import { preparedModels } from '../../../fixtures/prepared-models.ts'

const PEOPLE = ['person_a_2009.jpg', 'person_a_2010.jpg', 'person_a_2012.jpg', 'person_b_2010.jpg']

let faces: RealFaces
let task: Task
let personA: DecodedPicture

beforeAll(async () => {
  faces = await openRealFaces(await preparedModels())
  task = await faces.liveness()
  personA = await loadPicture('person_a_2012.jpg')
})
afterAll(() => task?.close())

const item = (image: DecodedPicture): TaskItem => ({ pictures: { image }, options: {} })
const codeOf = (answer: TaskAnswer | undefined) => (answer?.kind === 'error' ? answer.error.code : answer?.kind)
const judge = async (picture: DecodedPicture, by = task): Promise<LivenessResult> => {
  const [answer] = await by.run([item(picture)])
  if (answer?.kind !== 'result') throw new Error(`no result but ${codeOf(answer)}`)
  return answer.result as unknown as LivenessResult
}

describe('liveness on the shipped models', () => {
  it.each(PEOPLE)('takes a plain photograph of a person for live, and asks for a review: %s', async (name) => {
    const result = await judge(await loadPicture(name))
    expect(result).toMatchObject({ live: true, verdict: 'review', assurance: 'low', threshold: 0.5 })
    expect(result.signals.map((signal) => signal.name)).toEqual(['antispoof', 'liveness'])
    for (const { score } of result.signals) {
      expect(score).toBeGreaterThan(0)
      expect(score).toBeLessThanOrEqual(1)
    }
    expect(result.score).toBeCloseTo(result.signals.reduce((sum, { score }) => sum + score, 0) / 2, 9)
  })

  it('gives the same scores for a picture that is turned: the face is brought upright first', async () => {
    const upright = await judge(personA)
    for (const degrees of [90, 180]) {
      const turned = await judge(await decoded(edit(personA).rotate(degrees)))
      for (const [index, { score }] of turned.signals.entries())
        expect(Math.abs(score - (upright.signals[index]?.score ?? 9))).toBeLessThan(0.1)
    }
  })

  it('passes where the operator allowed it', async () => {
    const open = await faces.liveness({ allowPass: true })
    expect((await judge(personA, open)).verdict).toBe('pass')
    await open.close()
  })

  it('names the four models behind an answer', () => {
    expect(task.models.map(({ name }) => name)).toEqual([
      'tiny-face-detector',
      'face-landmarks-68',
      'antispoof',
      'livenessnet',
    ])
  })
})

describe('pictures that cannot be judged', () => {
  it.each([
    ['NO_FACE', () => loadPicture('noface.png')],
    ['FACE_TOO_SMALL', () => decoded(edit(personA).resize(240))],
    ['FACE_BLURRED', () => decoded(edit(personA).blur(8))],
    [
      'SEVERAL_FACES',
      async () => {
        const head = { left: 250, top: 40, width: 270, height: 330 }
        const input = await edit(personA).extract(head).resize(130).png().toBuffer()
        return decoded(
          sharp(
            await edit(personA)
              .composite([{ input, left: 20, top: 700 }])
              .png()
              .toBuffer(),
          ),
        )
      },
    ],
  ] as [string, () => Promise<DecodedPicture>][])('are refused with %s', async (code, make) => {
    const [answer] = await task.run([item(await make())])
    expect(answer).toMatchObject({ kind: 'error', error: { code, picture: 'image', fault: 'caller' } })
  })

  it('disturb none of their neighbours, whose answers stay the same', async () => {
    const items = [
      item(await loadPicture('noface.png')),
      item(personA),
      item({ data: new Uint8Array(3), width: 50, height: 50 }),
      item(await loadPicture('person_b_2010.jpg')),
    ]
    const alone: TaskAnswer[] = []
    for (const one of items) alone.push(...(await task.run([one])))
    expect(await task.run(items)).toEqual(alone)
    expect(alone.map(codeOf)).toEqual(['NO_FACE', 'result', 'PICTURE_UNREADABLE', 'result'])
  })
})
