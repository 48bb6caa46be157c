import { describe, expect, it } from 'vitest'
import { InferenceError } from '../../../../worker/runtimes/errors.ts'
import { createOcr } from '../../../../worker/tasks/ocr.ts'
import { drawn } from './ocr/pictures.ts'
import { darkDetector, fakeSession, firstLetterRecogniser } from './ocr/sessions.ts'

const MODELS = [{ name: 'det', version: '1.0.0', digest: 'sha256:00' }]
const DICTIONARY = ['M', '<', '1']

const anOcr = async () => {
  const detector = darkDetector()
  const recogniser = firstLetterRecogniser(DICTIONARY.length + 2)
  const task = await createOcr({ detector, recogniser, dictionary: DICTIONARY, models: MODELS }, { now: () => 0 })
  return { task, detector, recogniser }
}
const BLANK = drawn(200, 120, () => 240)
const ITEM = { pictures: { image: BLANK }, options: {} }
const UNREADABLE = { kind: 'error', error: { code: 'DOCUMENT_UNREADABLE', fault: 'caller', picture: 'image' } }

describe('the ocr task', () => {
  it('names its models', async () => {
    const { task } = await anOcr()
    expect([task.name, task.models]).toEqual(['ocr', MODELS])
  })

  it('finds an empty page unreadable, and an item without a picture', async () => {
    const { task } = await anOcr()
    expect(await task.run([ITEM, { pictures: {}, options: {} }])).toMatchObject([UNREADABLE, UNREADABLE])
    expect(await task.run([])).toEqual([])
  })

  it('finds a page with a single mark unreadable: one letter is no document', async () => {
    const { task } = await anOcr()
    const marked = drawn(400, 300, (x, y) => (Math.abs(x - 200) < 60 && Math.abs(y - 150) < 12 ? 10 : 240))
    expect(await task.run([{ pictures: { image: marked }, options: {} }])).toMatchObject([UNREADABLE])
  })

  it('takes pictures of a few pixels and of odd sides', async () => {
    const { task } = await anOcr()
    for (const [width, height] of [
      [1, 1],
      [33, 5],
      [7, 400],
    ] as const)
      expect(await task.run([{ pictures: { image: drawn(width, height, () => 0) }, options: {} }])).toHaveLength(1)
  })

  it('warms both models up with lines of several lengths', async () => {
    const { task, detector, recogniser } = await anOcr()
    await task.warmUp()
    expect(detector.asked.length).toBeGreaterThan(0)
    expect(new Set(recogniser.asked.map(({ dims }) => dims[3])).size).toBeGreaterThan(4)
  })

  it('closes both sessions', async () => {
    const { task, detector, recogniser } = await anOcr()
    await task.close()
    expect([detector.closed, recogniser.closed]).toEqual([1, 1])
  })

  it("throws when a model gives what it must not: that is nobody's picture's fault", async () => {
    const broken = fakeSession(() => ({ dims: [1], data: new Float32Array(1) }))
    const task = await createOcr({ detector: broken, recogniser: broken, dictionary: DICTIONARY, models: [] })
    await expect(task.run([ITEM])).rejects.toThrow(InferenceError)
  })
})
