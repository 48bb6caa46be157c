import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FaceMatchResult } from '../../../../infra/domain/results.ts'
import type { DecodedPicture } from '../../../../infra/ports/picture-codec.ts'
import type { Task, TaskAnswer, TaskItem } from '../../../../worker/executor.ts'
import { openRealFaces } from '../../../fixtures/faces/real-tasks.ts'
import { asJpeg, decoded, edit, loadPicture, readTruth } from '../../../fixtures/pictures.ts'
import { preparedModels } from '../../../fixtures/prepared-models.ts'

const { facePairs } = readTruth()
const GREY = '#808080'
/** The eyes of person_a_2012.jpg are so many pixels apart. */
const EYES = 83

let dir: string
let task: Task
let personA: DecodedPicture
let personAEarlier: DecodedPicture
let other: DecodedPicture

beforeAll(async () => {
  dir = await preparedModels()
  task = await (await openRealFaces(dir)).faceMatch()
  personA = await loadPicture('person_a_2012.jpg')
  personAEarlier = await loadPicture('person_a_2009.jpg')
  other = await loadPicture('person_b_2010.jpg')
})
afterAll(() => task?.close())

const item = (source: DecodedPicture, target: DecodedPicture): TaskItem => ({
  pictures: { source, target },
  options: {},
})
const codeOf = (answer: TaskAnswer | undefined) => (answer?.kind === 'error' ? answer.error.code : answer?.kind)
const compare = async (source: DecodedPicture, target: DecodedPicture): Promise<FaceMatchResult> => {
  const [answer] = await task.run([item(source, target)])
  if (answer?.kind !== 'result') throw new Error(`no result but ${codeOf(answer)}`)
  return answer.result as unknown as FaceMatchResult
}
/** What must not change a decision: the same person stays the same, another stays another. */
const expectSameDecisions = async (variant: DecodedPicture) => {
  const same = await compare(personAEarlier, variant)
  const different = await compare(other, variant)
  expect({ same: same.match, different: different.match }).toEqual({ same: true, different: false })
  expect(same.similarity).toBeGreaterThan(0.6)
  expect(different.similarity).toBeLessThan(0.3)
}
const turn = (picture: DecodedPicture, degrees: number) => decoded(edit(picture).rotate(degrees, { background: GREY }))
const plain = (colour: string, width: number, height: number) =>
  decoded(sharp({ create: { width, height, channels: 3, background: colour } }))

describe('face match on the shipped models', () => {
  it.each(facePairs)('decides %s against %s: same person %s', async (source, target, same) => {
    const result = await compare(await loadPicture(source), await loadPicture(target))
    expect(result.match).toBe(same)
    expect(same ? result.similarity : 1 - result.similarity).toBeGreaterThan(0.8)
  })

  it('does not depend on which picture is which', async () => {
    const [there, back] = [await compare(personA, other), await compare(other, personA)]
    expect(back.similarity).toBeCloseTo(there.similarity, 6)
    expect(back.faces.source).toEqual(there.faces.target)
  })

  it('gives a picture and itself a similarity of nearly one', async () => {
    expect((await compare(personA, personA)).similarity).toBeGreaterThan(0.999)
  })

  it('tells where the face is and how good it is', async () => {
    const [face] = (await compare(personA, personAEarlier)).faces.source
    const { box, quality, score } = face ?? { box: undefined, quality: undefined, score: 0 }
    expect(box?.left).toBeGreaterThan(270)
    expect(box?.left).toBeLessThan(310)
    expect(box?.top).toBeLessThan(110)
    expect((box?.left ?? 0) + (box?.width ?? 0)).toBeGreaterThan(460)
    expect((box?.top ?? 0) + (box?.height ?? 0)).toBeGreaterThan(310)
    expect(Math.abs((quality?.eyeDistancePx ?? 0) - EYES)).toBeLessThan(3)
    expect(Math.abs(quality?.rollDegrees ?? 90)).toBeLessThan(5)
    expect(Math.abs(quality?.yawDegrees ?? 90)).toBeLessThan(15)
    expect(quality?.sharpness).toBeGreaterThan(0.8)
    expect(score).toBeGreaterThan(0.5)
  })
})

describe('what must not change the decision', () => {
  it.each([15, 30, 45, 60, 90, 135, 180, 225, 270, 315])('is a picture turned by %i degrees', async (degrees) => {
    await expectSameDecisions(await turn(personA, degrees))
  })

  it.each([15, -25])('shows in the roll: %i degrees', async (degrees) => {
    const { faces } = await compare(personAEarlier, await turn(personA, degrees))
    expect(Math.abs((faces.target[0]?.quality.rollDegrees ?? 90) - degrees)).toBeLessThan(4)
  })

  it.each([
    ['grey', async () => decoded(sharp(await edit(personA).grayscale().png().toBuffer()))],
    ['dark', () => decoded(edit(personA).linear(0.3, 0))],
    ['very dark', () => decoded(edit(personA).linear(0.15, 0))],
    ['bright', () => decoded(edit(personA).linear(1.4, 10))],
    ['saved as JPEG of quality 20', () => asJpeg(personA, 20)],
    ['mirrored', () => decoded(edit(personA).flop())],
    ['slightly blurred', () => decoded(edit(personA).blur(EYES / 50))],
    ['enlarged twofold', () => decoded(edit(personA).resize(personA.width * 2))],
    [
      'small, with the eyes 25 pixels apart',
      () => decoded(edit(personA).resize(Math.round((personA.width * 25) / EYES))),
    ],
    ['cut to the face', () => decoded(edit(personA).extract({ left: 280, top: 70, width: 215, height: 265 }))],
    [
      'a small part of a large page',
      async () =>
        decoded(
          sharp({ create: { width: 1800, height: 2500, channels: 3, background: '#f4f2ee' } }).composite([
            { input: await edit(personA).resize(420).png().toBuffer(), left: 1200, top: 300 },
          ]),
        ),
    ],
  ] as [string, () => Promise<DecodedPicture>][])('is a picture that is %s', async (_, make) => {
    await expectSameDecisions(await make())
  })
})

describe('pictures that cannot be compared', () => {
  const verdictOn = async (picture: DecodedPicture) => {
    const [answer] = await task.run([item(personA, picture)])
    if (answer?.kind === 'error') expect(answer.error).toMatchObject({ picture: 'target', fault: 'caller' })
    return codeOf(answer)
  }

  it.each([
    'noface.png',
    'passport_td3_eriksson_clean.png',
    'passport_td3_garcia_scan.jpg',
    'passport_td3_nguyen_lowres.jpg',
    'idcard_td1_muller_phone.jpg',
    'idcard_td1_rossi_scan.jpg',
  ])('have no face: %s', async (name) => {
    expect(await verdictOn(await loadPicture(name))).toBe('NO_FACE')
  })

  it.each([
    ['white', () => plain('#fff', 400, 300)],
    ['black', () => plain('#000', 300, 400)],
    ['32 by 32 pixels', () => plain('#a87', 32, 32)],
    ['a ribbon', () => plain('#a87', 2560, 33)],
    ['a column', () => plain('#a87', 32, 2560)],
    [
      'noise',
      async () => ({
        data: Uint8Array.from({ length: 480_000 }, (_, at) => (at * at * 31) >> 7),
        width: 400,
        height: 400,
      }),
    ],
  ] as [string, () => Promise<DecodedPicture>][])('have no face: %s', async (_, make) => {
    expect(await verdictOn(await make())).toBe('NO_FACE')
  })

  it.each([18, 14, 10])('have a face that is too small: the eyes %i pixels apart', async (eyes) => {
    expect(await verdictOn(await decoded(edit(personA).resize(Math.round((personA.width * eyes) / EYES))))).toBe(
      'FACE_TOO_SMALL',
    )
  })

  it.each([0.09, 0.1])('have a face that is too blurred: by %d of the eye distance', async (share) => {
    expect(await verdictOn(await decoded(edit(personA).blur(share * EYES)))).toBe('FACE_BLURRED')
  })

  it('show two people side by side', async () => {
    const input = await edit(other).resize({ height: 900 }).png().toBuffer()
    const both = sharp({ create: { width: 1150, height: 900, channels: 3, background: GREY } }).composite([
      { input: await edit(personA).png().toBuffer(), left: 0, top: 0 },
      {
        input: await sharp(input).extract({ left: 100, top: 40, width: 260, height: 260 }).resize(400).png().toBuffer(),
        left: 730,
        top: 60,
      },
    ])
    expect(await verdictOn(await decoded(sharp(await both.png().toBuffer())))).toBe('SEVERAL_FACES')
  })

  it('do not show two people when the second is a ghost portrait', async () => {
    const ghost = await edit(personA)
      .extract({ left: 250, top: 40, width: 270, height: 330 })
      .resize(130)
      .png()
      .toBuffer()
    const card = await edit(personA)
      .composite([{ input: ghost, left: 20, top: 700 }])
      .png()
      .toBuffer()
    const { match, faces } = await compare(personAEarlier, await decoded(sharp(card)))
    expect(match).toBe(true)
    expect(faces.target[0]?.box.left).toBeGreaterThan(250)
  })
})

describe('a mixed batch', () => {
  it('answers every item in order as it does alone, whatever the batch sizes', async () => {
    const none = await loadPicture('noface.png')
    const small = await decoded(edit(personA).resize(120))
    const items = [
      item(personA, personAEarlier),
      item(none, personA),
      item(personA, other),
      item(personAEarlier, small),
      item(await turn(personA, 90), personAEarlier),
      item({ data: new Uint8Array(5), width: 9, height: 9 }, personA),
      item(await turn(other, 180), personAEarlier),
    ]
    const alone: TaskAnswer[] = []
    for (const one of items) alone.push(...(await task.run([one])))
    const together = await task.run(items)
    expect(together).toEqual(alone)
    expect(together.map(codeOf)).toEqual([
      'result',
      'NO_FACE',
      'result',
      'FACE_TOO_SMALL',
      'result',
      'PICTURE_UNREADABLE',
      'result',
    ])
    const large = await (await openRealFaces(dir)).faceMatch({
      batchSizes: { detector: 8, landmarks: 8, embedding: 8 },
    })
    const batched = await large.run(items)
    await large.close()
    for (const [index, answer] of batched.entries()) {
      const [one, other] = [answer, together[index]]
      expect(codeOf(one)).toBe(codeOf(other))
      if (one.kind !== 'result' || other?.kind !== 'result') continue
      const [a, b] = [one.result, other.result] as unknown as [FaceMatchResult, FaceMatchResult]
      expect(a.match).toBe(b.match)
      expect(a.similarity).toBeCloseTo(b.similarity, 3)
    }
  })
})
