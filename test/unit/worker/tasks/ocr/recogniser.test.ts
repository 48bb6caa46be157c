import { describe, expect, it } from 'vitest'
import { InferenceError } from '../../../../../worker/runtimes/errors.ts'
import { createPyramid } from '../../../../../worker/tasks/ocr/pyramid.ts'
import { type Crop, recognise } from '../../../../../worker/tasks/ocr/recogniser.ts'
import { drawn } from './pictures.ts'
import { fakeSession } from './sessions.ts'

const PICTURE = createPyramid(drawn(64, 64, (x) => x))
const crop = (columnCount: number): Crop => ({
  strip: { left: { x: 0, y: 32 }, right: { x: 60, y: 32 }, height: 20 },
  from: 0,
  to: 1,
  columnCount,
})

/** Answers each line with its own number within the batch in every value. */
const numbering = () =>
  fakeSession(({ dims: [count = 0, , , width = 0] }) => {
    const steps = width / 8
    return {
      dims: [count, steps, 5],
      data: Float32Array.from({ length: count * steps * 5 }, (_, index) => Math.floor(index / (steps * 5))),
    }
  })

describe('running the recogniser', () => {
  it('puts lines of like width into one batch, and widths into steps', async () => {
    const session = numbering()
    await recognise(session, PICTURE, [60, 64, 65, 128, 20, 300].map(crop), () => {})
    expect(session.asked.map(({ dims }) => dims)).toEqual([
      [3, 3, 48, 64],
      [2, 3, 48, 128],
      [1, 3, 48, 320],
    ])
  })

  it('hands each crop its own answer, no longer than the crop', async () => {
    const seen = new Map<number, { line: number | undefined; stepCount: number }>()
    await recognise(numbering(), PICTURE, [60, 128, 33, 64].map(crop), (index, { data, offset, stepCount }) => {
      seen.set(index, { line: data[offset], stepCount })
    })
    expect([...seen].toSorted(([a], [b]) => a - b)).toEqual([
      [0, { line: 0, stepCount: 8 }],
      [1, { line: 0, stepCount: 16 }],
      [2, { line: 1, stepCount: 5 }],
      [3, { line: 2, stepCount: 8 }],
    ])
  })

  it('bounds the size of a batch', async () => {
    const session = numbering()
    await recognise(
      session,
      PICTURE,
      Array.from({ length: 40 }, () => crop(64)),
      () => {},
    )
    await recognise(
      session,
      PICTURE,
      Array.from({ length: 5 }, () => crop(1280)),
      () => {},
    )
    expect(session.asked.map(({ dims }) => dims[0])).toEqual([16, 16, 8, 3, 2])
  })

  it('runs nothing for no crops', async () => {
    const session = numbering()
    await recognise(session, PICTURE, [], () => {})
    expect(session.asked).toEqual([])
  })

  it('refuses an answer of another shape', async () => {
    const wrong = fakeSession(() => ({ dims: [2, 8, 5], data: new Float32Array(80) }))
    await expect(recognise(wrong, PICTURE, [crop(64)], () => {})).rejects.toThrow(InferenceError)
  })
})
