import { readFileSync } from 'node:fs'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OcrResult } from '../../../../infra/domain/results.ts'
import type { DecodedPicture } from '../../../../infra/ports/picture-codec.ts'
import type { Task, TaskAnswer } from '../../../../worker/executor.ts'
import { loadTask } from '../../../../worker/inference/load-task.ts'
import { decoded, edit, loadPicture, picturePath } from '../../../fixtures/pictures.ts'
import { preparedModels } from '../../../fixtures/prepared-models.ts'

const { documents } = JSON.parse(readFileSync(picturePath('truth.json'), 'utf8')) as {
  documents: Record<string, { mrz: string[]; fields: Record<string, string> }>
}
const PASSPORT = 'passport_td3_eriksson_clean.png'
const CARD = 'idcard_td1_eriksson_clean.png'

let task: Task
beforeAll(async () => {
  task = (await loadTask('ocr', { modelsDir: await preparedModels(), devices: ['cpu'], intraOpThreads: 1 })).task
})
afterAll(() => task.close())

const read = async (image: DecodedPicture, options = {}): Promise<TaskAnswer> => {
  const [answer] = await task.run([{ pictures: { image }, options }])
  if (!answer) throw new Error('no answer')
  return answer
}
const resultOf = (answer: TaskAnswer): OcrResult => {
  if (answer.kind === 'error') throw new Error(answer.error.code)
  return answer.result as unknown as OcrResult
}

describe('reading documents with the real models', () => {
  it.each(Object.entries(documents))('reads %s without a mistake', async (file, truth) => {
    const { mrz, fields, warnings, documentType } = resultOf(await read(await loadPicture(file)))
    expect(mrz?.lines).toEqual(truth.mrz)
    expect(mrz?.valid).toBe(true)
    expect(mrz?.checks.every(({ valid }) => valid)).toBe(true)
    expect(warnings).toEqual([])
    expect(documentType).toBe(file.startsWith('passport') ? 'passport' : 'identity-card')
    expect(fields.surname?.value).toBe(truth.fields.surname)
    expect(fields.givenNames?.value).toBe(truth.fields.given)
    expect(fields.documentNumber?.value).toBe(truth.fields.number)
    expect(fields.birthDate?.value.slice(2).replaceAll('-', '')).toBe(truth.fields.dob)
    expect(fields.expiryDate?.value.slice(2).replaceAll('-', '')).toBe(truth.fields.exp)
    for (const field of Object.values(fields)) expect(field.confidence).toBeGreaterThan(0.5)
  })

  it.each([90, 180, 270, 5, -12])('reads a passport and a card turned by %d degrees', async (degrees) => {
    for (const file of [PASSPORT, CARD]) {
      const image = await decoded(edit(await loadPicture(file)).rotate(degrees, { background: '#808080' }))
      expect(resultOf(await read(image)).mrz?.lines).toEqual(documents[file]?.mrz)
    }
  })

  it('says that a check digit fails rather than guess', async () => {
    const image = await loadPicture(PASSPORT)
    // A bar over a part of the number in the lower line: what is under it cannot be known.
    const [width, height] = [Math.round(image.width * 0.16), Math.round(image.height * 0.06)]
    const bar = await sharp({ create: { width, height, channels: 3, background: '#202020' } })
      .png()
      .toBuffer()
    const covered = await decoded(
      sharp(
        await edit(image)
          .composite([{ input: bar, left: Math.round(image.width * 0.08), top: Math.round(image.height * 0.9) }])
          .png()
          .toBuffer(),
      ),
    )
    const answer = await read(covered)
    if (answer.kind === 'error') return expect(answer.error.code).toBe('DOCUMENT_UNREADABLE')
    const { mrz, warnings } = resultOf(answer)
    expect(mrz?.valid ?? false).toBe(false)
    if (mrz) expect(warnings).toMatchObject([{ code: 'MRZ_CHECKSUM_FAILED', fault: 'caller' }])
  })

  it.each(['noface.png', 'person_a_2012.jpg'])('finds nothing to read in %s', async (file) => {
    expect(await read(await loadPicture(file))).toMatchObject({
      kind: 'error',
      error: { code: 'DOCUMENT_UNREADABLE', fault: 'caller', picture: 'image' },
    })
  })

  it('answers each document of a batch its own, in order, beside one that cannot be read', async () => {
    const files = [CARD, 'noface.png', PASSPORT]
    const items = await Promise.all(
      files.map(async (file) => ({ pictures: { image: await loadPicture(file) }, options: {} })),
    )
    const answers = await task.run(items)
    expect(answers.map(({ kind }) => kind)).toEqual(['result', 'error', 'result'])
    expect(resultOf(answers[0] as TaskAnswer).mrz?.format).toBe('TD1')
    expect(resultOf(answers[2] as TaskAnswer).mrz?.format).toBe('TD3')
  })
})
