import { readFileSync } from 'node:fs'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Mrz, OcrFieldName, OcrResult } from '../../../../infra/domain/results.ts'
import type { DecodedPicture } from '../../../../infra/ports/picture-codec.ts'
import type { Task, TaskAnswer } from '../../../../worker/executor.ts'
import { loadTask } from '../../../../worker/inference/load-task.ts'
import type { Holder } from '../../../fixtures/documents/holder.ts'
import { decoded, edit, loadPicture, picturePath } from '../../../fixtures/pictures.ts'
import { preparedModels } from '../../../fixtures/prepared-models.ts'

const { documents } = JSON.parse(readFileSync(picturePath('truth.json'), 'utf8')) as {
  documents: Record<string, { mrz: string[]; fields: Record<string, string> }>
}
const drawn = JSON.parse(readFileSync(picturePath('documents/truth.json'), 'utf8')) as Record<string, DrawnDocument>
const PASSPORT = 'passport_td3_eriksson_clean.png'
const CARD = 'idcard_td1_eriksson_clean.png'

interface DrawnDocument {
  readonly format: Mrz['format'] | null
  readonly mrz: readonly string[] | null
  readonly holder: Holder
}

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

  it.each(Object.entries(drawn))('reads %s without a mistake', async (file, { format, mrz, holder }) => {
    const result = resultOf(await read(await loadPicture(`documents/${file}`)))
    expect(result.mrz?.format ?? null).toBe(format)
    expect(result.mrz?.lines ?? null).toEqual(mrz)
    // A visa has no personal number in its zone, and what is not printed cannot be read without one.
    const unseen = ['personalNumber', ...(mrz ? [] : ['issuingCountry'])]
    const licence = file.startsWith('licence') ? ['nationality', 'sex'] : []
    for (const [name, value] of Object.entries(holder))
      if (![...unseen, ...licence].includes(name)) expect(result.fields[name as OcrFieldName]?.value).toBe(value)
    if (!mrz) for (const field of Object.values(result.fields)) expect(field.source).toBe('visual')
  })

  it('confirms in print what the zone says, and finds in print what it does not', async () => {
    const { fields } = resultOf(await read(await loadPicture(PASSPORT)))
    for (const name of ['surname', 'givenNames', 'documentNumber', 'birthDate', 'expiryDate'] as const)
      expect(fields[name]?.source).toBe('both')
    expect(fields.issueDate).toMatchObject({ value: '2007-04-16', source: 'visual' })
  })

  it('puts every line of text in a box within the picture', async () => {
    const image = await loadPicture(PASSPORT)
    const { text } = resultOf(await read(image))
    expect(text.length).toBeGreaterThan(20)
    for (const { box } of text) {
      expect(box.left).toBeGreaterThanOrEqual(0)
      expect(box.top).toBeGreaterThanOrEqual(0)
      expect(box.left + box.width).toBeLessThanOrEqual(image.width)
      expect(box.top + box.height).toBeLessThanOrEqual(image.height)
    }
  })

  it('does not read the zone of another kind of document than was asked for', async () => {
    const image = await loadPicture(PASSPORT)
    expect(resultOf(await read(image, { documentType: 'passport' })).mrz?.format).toBe('TD3')
    const asVisa = resultOf(await read(image, { documentType: 'visa' }))
    expect(asVisa).toMatchObject({ mrz: null, documentType: 'passport' })
    expect(asVisa.fields.surname).toMatchObject({ value: 'ERIKSSON', source: 'visual' })
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
