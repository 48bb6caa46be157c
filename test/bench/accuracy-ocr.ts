import { readFileSync } from 'node:fs'
import type { OcrFieldName, OcrResult } from '../../infra/domain/results.ts'
import { table } from '../../scripts/output.ts'
import type { Task } from '../../worker/executor.ts'
import { loadTask } from '../../worker/inference/load-task.ts'
import type { Holder } from '../fixtures/documents/holder.ts'
import { loadPicture, picturePath } from '../fixtures/pictures.ts'
import { preparedModels } from '../fixtures/prepared-models.ts'
import { median } from './latency.ts'
import { DOCUMENT_VARIANTS, type DocumentVariant } from './ocr-variants.ts'

type Fields = { readonly [name in OcrFieldName]?: string }

/** A picture of a document, and what is printed on it. */
interface Labelled {
  readonly file: string
  readonly mrz: readonly string[] | null
  readonly fields: Fields
}

/** One document under one variant. */
export interface OcrReading {
  readonly document: string
  readonly variant: string
  /** every line of the machine-readable zone exactly as drawn; null for a document without one */
  readonly exactZone: boolean | null
  /** check digits all fit although a line is wrong: the dangerous case */
  readonly wrongButValid: boolean
  readonly fieldCount: number
  readonly rightFieldCount: number
  readonly unreadable: boolean
  readonly ms: number
}

/** How well documents are read, on drawn specimens. */
export interface OcrAccuracy {
  readonly readings: readonly OcrReading[]
  /** what the figures cannot tell */
  readonly limits: readonly string[]
}

/** Labels of the first documents write dates as a zone does. */
const DATES = { dob: 'birthDate', exp: 'expiryDate', issue: 'issueDate' } as const
const NAMES = {
  surname: 'surname',
  given: 'givenNames',
  number: 'documentNumber',
  country: 'issuingCountry',
  nationality: 'nationality',
  sex: 'sex',
  personal: 'personalNumber',
} as const

const json = (file: string): unknown => JSON.parse(readFileSync(picturePath(file), 'utf8'))

const firstDocuments = (): readonly Labelled[] => {
  const { documents } = json('truth.json') as {
    documents: { readonly [file: string]: { readonly mrz: readonly string[]; readonly fields: Record<string, string> } }
  }
  return Object.entries(documents).map(([file, { mrz, fields }]) => {
    const named = Object.entries(NAMES).map(([label, name]) => [name, fields[label]])
    // The cards' labels know a date of issue that is not printed on them.
    const dates = Object.entries(DATES).filter(([label]) => label !== 'issue' || file.startsWith('passport'))
    const dated = dates.map(([label, name]) => [name, isoOf(fields[label], label === 'dob')])
    return { file, mrz, fields: Object.fromEntries([...named, ...dated].filter(([, value]) => value !== undefined)) }
  })
}

/** The people of the labels were born before 2026, and their documents issued and expiring after 2000. */
const isoOf = (date: string | undefined, isBirth: boolean): string | undefined => {
  if (date === undefined) return undefined
  const century = isBirth && Number(date.slice(0, 2)) > 26 ? '19' : '20'
  return `${century}${date.slice(0, 2)}-${date.slice(2, 4)}-${date.slice(4, 6)}`
}

const drawnDocuments = (): readonly Labelled[] =>
  Object.entries(
    json('documents/truth.json') as Record<
      string,
      { mrz: readonly string[] | null; format: string | null; holder: Holder }
    >,
  ).map(([file, { mrz, format, holder }]) => {
    const { personalNumber, issuingCountry, nationality, sex, ...printed } = holder
    const licence = file.startsWith('licence')
    const fields = {
      ...printed,
      ...(!licence && { nationality, sex }),
      ...(mrz && { issuingCountry }),
      ...(format === 'TD2' && personalNumber !== undefined && { personalNumber }),
    }
    return { file: `documents/${file}`, mrz, fields }
  })

const readOne = async (task: Task, { file, mrz, fields }: Labelled, variant: DocumentVariant): Promise<OcrReading> => {
  const image = await variant.make(await loadPicture(file))
  const startedAt = performance.now()
  const [answer] = await task.run([{ pictures: { image }, options: {} }])
  const ms = performance.now() - startedAt
  const result = answer?.kind === 'result' ? (answer.result as unknown as OcrResult) : undefined
  const names = Object.keys(fields) as OcrFieldName[]
  const exact = result?.mrz?.lines.join() === mrz?.join()
  return {
    document: file,
    variant: variant.name,
    exactZone: mrz === null ? null : exact,
    wrongButValid: result?.mrz?.valid === true && !exact,
    fieldCount: names.length,
    rightFieldCount: names.filter((name) => result?.fields[name]?.value === fields[name]).length,
    unreadable: result === undefined,
    ms,
  }
}

/** Read every document of the fixtures, as it is and under every variant, with the shipped models on one core. */
export const measureOcrAccuracy = async (): Promise<OcrAccuracy> => {
  const documents = [...firstDocuments(), ...drawnDocuments()]
  const settings = { modelsDir: await preparedModels(), devices: ['cpu'] as const, intraOpThreads: 1 }
  const { task } = await loadTask('ocr', settings)
  await task.warmUp()
  const readings: OcrReading[] = []
  for (const variant of DOCUMENT_VARIANTS)
    for (const document of documents) readings.push(await readOne(task, document, variant))
  await task.close()
  return {
    readings,
    limits: [
      `${documents.length} drawn specimens of an invented country; the reader was developed on documents like them`,
      'no real document, no glare, no other script than Latin',
    ],
  }
}

/** The measurement as text: a line a variant, then the readings with a mistake. */
export const formatOcrAccuracy = ({ readings, limits }: OcrAccuracy): string => {
  const variants = Map.groupBy(readings, ({ variant }) => variant)
  const mistaken = readings.filter((one) => one.exactZone === false || one.rightFieldCount < one.fieldCount)
  return [
    table([
      ['variant', 'zone exact', 'wrong but valid', 'fields right', 'unreadable', 'median ms'],
      ...[...variants].map(([variant, own]) => summary(variant, own)),
    ]),
    table([
      ['not read without a mistake', 'variant', 'zone', 'fields right', 'ms'],
      ...mistaken.map((one) => [one.document, one.variant, zoneWord(one), fieldsOf([one]), one.ms.toFixed(0)]),
    ]),
    limits.map((limit) => `- ${limit}`).join('\n'),
  ].join('\n\n')
}

const summary = (variant: string, own: readonly OcrReading[]): string[] => {
  const zoned = own.filter(({ exactZone }) => exactZone !== null)
  return [
    variant,
    `${zoned.filter(({ exactZone }) => exactZone).length}/${zoned.length}`,
    String(own.filter(({ wrongButValid }) => wrongButValid).length),
    fieldsOf(own),
    String(own.filter(({ unreadable }) => unreadable).length),
    median(own.map(({ ms }) => ms)).toFixed(0),
  ]
}

const fieldsOf = (readings: readonly OcrReading[]): string => {
  const right = readings.reduce((sum, { rightFieldCount }) => sum + rightFieldCount, 0)
  return `${right}/${readings.reduce((sum, { fieldCount }) => sum + fieldCount, 0)}`
}

const zoneWord = ({ exactZone, wrongButValid }: OcrReading): string =>
  exactZone === null ? 'none' : exactZone ? 'exact' : wrongButValid ? 'wrong but valid' : 'wrong'
