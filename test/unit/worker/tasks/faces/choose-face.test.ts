import { describe, expect, it } from 'vitest'
import { chooseFace } from '../../../../../worker/tasks/faces/choose-face.ts'
import type { FoundFace } from '../../../../../worker/tasks/faces/find-faces.ts'

const rules = { maxOtherFaceRatio: 0.5, minEyeDistancePx: 20, minSharpness: 0.25 }
const found = ({ side = 100, eyeDistancePx = 60, sharpness = 0.9 } = {}): FoundFace => ({
  face: {
    box: { left: 0, top: 0, width: side, height: side },
    score: 0.9,
    quality: { eyeDistancePx, sharpness, brightness: 0.5, rollDegrees: 0, yawDegrees: 0 },
  },
  landmarks: [],
  chip: new Uint8Array(),
})
const codeOf = (sure: FoundFace[], doubtful: FoundFace[] = []) => {
  const choice = chooseFace({ sure, doubtful }, rules, 'target')
  return choice.kind === 'refused' ? choice.error.code : choice.kind
}

describe('chooseFace', () => {
  it.each([
    ['nothing', [], [], 'NO_FACE'],
    ['one good face', [found()], [], 'face'],
    ['a second face of half the area', [found({ side: 100 }), found({ side: 70 })], [], 'face'],
    ['a second face of more than half the area', [found({ side: 100 }), found({ side: 72 })], [], 'SEVERAL_FACES'],
    ['a small face', [found({ eyeDistancePx: 19.9 })], [], 'FACE_TOO_SMALL'],
    ['a face just large enough', [found({ eyeDistancePx: 20 })], [], 'face'],
    ['a blurred face', [found({ sharpness: 0.24 })], [], 'FACE_BLURRED'],
    ['a face just sharp enough', [found({ sharpness: 0.25 })], [], 'face'],
    ['a small face that is blurred, too', [found({ eyeDistancePx: 10, sharpness: 0 })], [], 'FACE_TOO_SMALL'],
    ['a doubt that blur explains', [], [found({ sharpness: 0.1 })], 'FACE_BLURRED'],
    ['a doubt that size explains', [], [found({ eyeDistancePx: 9 })], 'FACE_TOO_SMALL'],
    ['a doubt that nothing explains', [], [found()], 'NO_FACE'],
  ])('answers for %s', (_, sure, doubtful, expected) => {
    expect(codeOf(sure, doubtful)).toBe(expected)
  })

  it('names the picture at fault, and says what to do', () => {
    const choice = chooseFace({ sure: [], doubtful: [] }, rules, 'target')
    expect(choice).toMatchObject({
      kind: 'refused',
      error: {
        code: 'NO_FACE',
        picture: 'target',
        fault: 'caller',
        retryable: false,
        hint: expect.stringMatching(/./),
      },
    })
  })

  it('tells the faces it did not choose as well, the chosen one first', () => {
    const [large, small] = [found({ side: 100 }), found({ side: 20 })]
    expect(chooseFace({ sure: [large, small], doubtful: [] }, rules, 'source')).toEqual({
      kind: 'face',
      chosen: large,
      faces: [large.face, small.face],
    })
  })
})
