import { readFileSync } from 'node:fs'
import type { OcrFieldName, OcrResult } from '../../infra/domain/results.ts'
import { table } from '../../scripts/output.ts'
import { loadTask } from '../../worker/inference/load-task.ts'
import { loadPicture, picturePath } from '../fixtures/pictures.ts'
import { preparedModels } from '../fixtures/prepared-models.ts'
import { median } from './latency.ts'
import { DOCUMENT_VARIANTS } from './ocr-variants.ts'

interface Truth {
  readonly documents: { readonly [file: string]: { readonly mrz: readonly string[]; readonly fields: Fields } }
}
type Fields = { readonly [name: string]: string }

/** What the labels call a field, and what we call it. */
const FIELDS: Readonly<Record<string, OcrFieldName>> = {
  surname: 'surname',
  given: 'givenNames',
  number: 'documentNumber',
  country: 'issuingCountry',
  nationality: 'nationality',
  dob: 'birthDate',
  sex: 'sex',
  exp: 'expiryDate',
  personal: 'personalNumber',
}

/** One row: every document of the fixtures under one variant. */
export interface OcrAccuracyRow {
  readonly variant: string
  readonly documentCount: number
  /** every line of the machine-readable zone exactly as drawn */
  readonly exactZoneCount: number
  /** check digits all fit although a line is wrong: the dangerous case */
  readonly wrongButValidCount: number
  readonly fieldCount: number
  readonly rightFieldCount: number
  readonly unreadableCount: number
  readonly medianMs: number
}

/** How well documents are read, on drawn specimens. */
export interface OcrAccuracy {
  readonly rows: readonly OcrAccuracyRow[]
  /** what the figures cannot tell */
  readonly limits: readonly string[]
}

/** Labels write dates as the zone does. */
const expected = (label: string, value: string, read: string): boolean =>
  ['dob', 'exp'].includes(label) ? read.slice(2).replaceAll('-', '') === value : read === value

const rightFields = (truth: Fields, { fields }: OcrResult): number =>
  Object.entries(FIELDS).filter(([label, name]) => {
    const value = truth[label]
    return value !== undefined && expected(label, value, fields[name]?.value ?? '')
  }).length

const countFields = (truth: Fields): number => Object.keys(FIELDS).filter((label) => truth[label] !== undefined).length

/** Read every document of the fixtures, as it is and under every variant, with the shipped models on one core. */
export const measureOcrAccuracy = async (): Promise<OcrAccuracy> => {
  const { documents } = JSON.parse(readFileSync(picturePath('truth.json'), 'utf8')) as Truth
  const settings = { modelsDir: await preparedModels(), devices: ['cpu'] as const, intraOpThreads: 1 }
  const { task } = await loadTask('ocr', settings)
  await task.warmUp()
  const rows: OcrAccuracyRow[] = []
  for (const variant of DOCUMENT_VARIANTS) {
    const times: number[] = []
    const results: { truth: Truth['documents'][string]; result: OcrResult | undefined }[] = []
    for (const [file, truth] of Object.entries(documents)) {
      const image = await variant.make(await loadPicture(file))
      const startedAt = performance.now()
      const [answer] = await task.run([{ pictures: { image }, options: {} }])
      times.push(performance.now() - startedAt)
      results.push({ truth, result: answer?.kind === 'result' ? (answer.result as unknown as OcrResult) : undefined })
    }
    const exact = ({ truth, result }: (typeof results)[number]) => result?.mrz?.lines.join() === truth.mrz.join()
    rows.push({
      variant: variant.name,
      documentCount: results.length,
      exactZoneCount: results.filter(exact).length,
      wrongButValidCount: results.filter((one) => one.result?.mrz?.valid && !exact(one)).length,
      fieldCount: results.reduce((sum, { truth }) => sum + countFields(truth.fields), 0),
      rightFieldCount: results.reduce(
        (sum, { truth, result }) => sum + (result ? rightFields(truth.fields, result) : 0),
        0,
      ),
      unreadableCount: results.filter(({ result }) => !result).length,
      medianMs: median(times),
    })
  }
  await task.close()
  return {
    rows,
    limits: [
      'seven drawn specimens of an invented country; the reader was developed on documents like them',
      'no real document, no glare, no strong perspective, no other script than Latin',
    ],
  }
}

/** The measurement as text. */
export const formatOcrAccuracy = ({ rows, limits }: OcrAccuracy): string =>
  [
    table([
      ['variant', 'zone exact', 'wrong but valid', 'fields right', 'unreadable', 'median ms'],
      ...rows.map((row) => [
        row.variant,
        `${row.exactZoneCount}/${row.documentCount}`,
        String(row.wrongButValidCount),
        `${row.rightFieldCount}/${row.fieldCount}`,
        String(row.unreadableCount),
        row.medianMs.toFixed(0),
      ]),
    ]),
    limits.map((limit) => `- ${limit}`).join('\n'),
  ].join('\n\n')
