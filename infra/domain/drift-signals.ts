import type { JobError } from './job.ts'
import type { Json } from './json.ts'
import { OUTCOMES } from './outcomes.ts'
import { DOCUMENT_TYPES, OCR_FIELDS } from './results.ts'
import type { TaskName } from './task.ts'

/** How a job was judged: its result, or the typed outcome in place of one. */
export interface Judged {
  readonly result: Json | null
  readonly error: JobError | null
}

/**
 * Something of an outcome that is counted over many jobs, in a few bins. Names and bins are kept in rows for weeks: add,
 * never rename; other edges are another signal.
 */
export interface Signal {
  readonly name: string
  /** by their labels; of numbers the lower edges, in their order */
  readonly bins: readonly string[]
  /** neighbours are alike: bins with little in them may be joined */
  readonly isOrdered: boolean
  /** @returns a label; undefined = this outcome does not tell */
  readonly read: (judged: Judged) => string | undefined
}

type Members = { readonly [name: string]: Json }

const membersOf = (value: Json | undefined): Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {}

const at = (value: Json | undefined, path: readonly (string | number)[]): Json | undefined =>
  path.reduce<Json | undefined>((inner, step) => {
    if (typeof step === 'number') return Array.isArray(inner) ? (inner[step] as Json | undefined) : undefined
    return membersOf(inner)[step]
  }, value)

/** Label of the bin a number falls in: that of the greatest edge that is not above it. */
const binOf = (edges: readonly number[], labels: readonly string[], value: Json | undefined): string | undefined => {
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined
  return labels[
    Math.max(
      0,
      edges.findLastIndex((edge) => edge <= value),
    )
  ]
}

const numeric = (
  name: string,
  edges: readonly number[],
  digits: number,
  read: (result: Json) => Json | undefined,
): Signal => {
  const bins = edges.map((edge) => edge.toFixed(digits))
  const isOrdered = true
  return {
    name,
    bins,
    isOrdered,
    read: ({ result }) => (result === null ? undefined : binOf(edges, bins, read(result))),
  }
}

/** Equal parts of 0..1. */
const ratio = (name: string, count: number, path: readonly (string | number)[]): Signal =>
  numeric(
    name,
    Array.from({ length: count }, (_, bin) => bin / count),
    2,
    (result) => at(result, path),
  )

const word = (name: string, bins: readonly string[], read: Signal['read']): Signal => ({
  ...{ name, bins, isOrdered: false },
  read: (judged) => {
    const label = read(judged)
    return label !== undefined && bins.includes(label) ? label : undefined
  },
})

const SUCCEEDED = 'succeeded'

/** What fails on our side says nothing of what is sent to us. */
const OUTCOME: Signal = word(
  'outcome',
  [SUCCEEDED, ...Object.values(OUTCOMES).flatMap(({ code, fault }) => (fault === 'caller' ? [code] : []))],
  ({ error }) => (error === null ? SUCCEEDED : error.code),
)

/** Eyes this far apart, in pixels: each about half as far again as the one before. */
const FACE_SIZES = [0, 16, 24, 36, 54, 80, 120, 180, 270, 400]
const SCORE_BINS = 20
const QUALITY_BINS = 10

const quality = (prefix: string, face: readonly (string | number)[]): readonly Signal[] => [
  ratio(`${prefix}sharpness`, QUALITY_BINS, [...face, 'quality', 'sharpness']),
  ratio(`${prefix}brightness`, QUALITY_BINS, [...face, 'quality', 'brightness']),
  numeric(`${prefix}face-size`, FACE_SIZES, 0, (result) => at(result, [...face, 'quality', 'eyeDistancePx'])),
]

/** Was the field read at all? What was read in it is nobody's business here. */
const filled = (field: string): Signal =>
  word(`filled-${field}`, ['filled', 'missing'], ({ result }) => {
    if (result === null) return undefined
    return at(result, ['fields', field]) === undefined ? 'missing' : 'filled'
  })

const mrzOf = (result: Json): string => {
  const mrz = at(result, ['mrz'])
  if (mrz === null || mrz === undefined) return 'none'
  return at(mrz, ['valid']) === true ? 'valid' : 'invalid'
}

const meanConfidence = (result: Json): number | undefined => {
  const fields = Object.values(membersOf(at(result, ['fields'])))
  const values = fields.flatMap((field) => {
    const confidence = at(field, ['confidence'])
    return typeof confidence === 'number' ? [confidence] : []
  })
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length
}

const TENTHS = Array.from({ length: QUALITY_BINS }, (_, bin) => bin / QUALITY_BINS)

/** What is counted of each task. Scores, qualities and codes only: no picture, no text, no field's value. */
export const SIGNALS: Readonly<Record<TaskName, readonly Signal[]>> = {
  'face-match': [
    OUTCOME,
    ratio('similarity', SCORE_BINS, ['similarity']),
    ...quality('source-', ['faces', 'source', 0]),
    ...quality('target-', ['faces', 'target', 0]),
  ],
  liveness: [OUTCOME, ratio('score', SCORE_BINS, ['score']), ...quality('', ['face'])],
  ocr: [
    OUTCOME,
    word('document-type', DOCUMENT_TYPES, ({ result }) => {
      const type = result === null ? undefined : at(result, ['documentType'])
      return typeof type === 'string' ? type : undefined
    }),
    word('mrz', ['valid', 'invalid', 'none'], ({ result }) => (result === null ? undefined : mrzOf(result))),
    numeric('confidence', TENTHS, 2, meanConfidence),
    ...OCR_FIELDS.map(filled),
  ],
}

/** Every name a signal of some task has: a bounded set, fit for a label. */
export const SIGNAL_NAMES: readonly string[] = [
  ...new Set(
    Object.values(SIGNALS)
      .flat()
      .map(({ name }) => name),
  ),
]

/** An SDK that nobody knows. */
export const OTHER_SDK = 'other'
/** No SDK was named. */
export const NO_SDK = 'none'

/** Counts by `signal/bin`. */
export type DriftCounts = Readonly<Record<string, number>>

/** Outcomes of many jobs, counted. Every job is in one share by its tenant and in one by its SDK, never in one by both. */
export interface DriftShare {
  readonly task: TaskName
  /** every model that decided, `name@version` joined by commas; '' = none did */
  readonly model: string
  readonly by: 'tenant' | 'sdk'
  /** the tenant's name, or the SDK as `js 1.2`, `other` or `none` */
  readonly value: string
  readonly counts: DriftCounts
}

/** The key under which a bin is counted. */
export const binKey = (signal: string, bin: string): string => `${signal}/${bin}`

/** The bins one job falls in, at most one a signal. */
export const binsOf = (task: TaskName, judged: Judged): readonly { readonly signal: string; readonly bin: string }[] =>
  SIGNALS[task].flatMap(({ name: signal, read }) => {
    const bin = read(judged)
    return bin === undefined ? [] : [{ signal, bin }]
  })
