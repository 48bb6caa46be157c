import {
  type Answer,
  type FaceMatchResult,
  JobFailedError,
  type LivenessResult,
  type ModelRef,
  MusterError,
  type OcrResult,
  type ResultByTask,
  type TaskName,
  type Timings,
} from '../api/client/client.ts'
import { table } from './output.ts'

/** What one check comes down to, for a person. */
export interface Verdict {
  /** the answer in a word or two */
  readonly outcome: string
  /** the numbers behind it, name and value */
  readonly facts: readonly (readonly [name: string, value: string])[]
}

const ratio = (value: number): string => value.toFixed(3)
const count = (faces: readonly unknown[]): string => (faces.length === 1 ? '1 face' : `${faces.length} faces`)

const faceMatchVerdict = ({ match, similarity, threshold, faces }: FaceMatchResult): Verdict => ({
  outcome: match ? 'match' : 'no match',
  facts: [
    ['similarity', `${ratio(similarity)} (match from ${ratio(threshold)})`],
    ['source', count(faces.source)],
    ['target', count(faces.target)],
  ],
})

const livenessVerdict = ({ live, score, threshold, verdict, assurance, signals }: LivenessResult): Verdict => ({
  outcome: live ? 'live' : 'not live',
  facts: [
    ['score', `${ratio(score)} (live from ${ratio(threshold)})`],
    ['advice', `${verdict} (assurance ${assurance})`],
    ...signals.map((signal) => [signal.name, ratio(signal.score)] as const),
  ],
})

const ocrVerdict = ({ documentType, fields, mrz, text, warnings }: OcrResult): Verdict => ({
  outcome: documentType === 'unknown' ? 'read, kind unknown' : documentType,
  facts: [
    ...Object.entries(fields).map(
      ([name, { value, confidence, source }]) => [name, `${value}  (${ratio(confidence)}, ${source})`] as const,
    ),
    ['mrz', mrz ? `${mrz.format}, ${mrz.valid ? 'all check digits fit' : 'a check digit does not fit'}` : 'none'],
    ['text', `${text.length} lines`],
    ...warnings.map(({ code, message }) => ['warning', `${code}: ${message}`] as const),
  ],
})

const VERDICTS: { readonly [T in TaskName]: (result: ResultByTask[T]) => Verdict } = {
  'face-match': faceMatchVerdict,
  liveness: livenessVerdict,
  ocr: ocrVerdict,
}

/** What a check's result comes down to. Pure. */
export const verdictOf = <T extends TaskName>(task: T, result: ResultByTask[T]): Verdict => VERDICTS[task](result)

/** A job's way, in the order it went; the stages in brackets are parts of `run`. */
const STAGES = ['storeMs', 'queueMs', 'runMs', 'replyMs'] as const
const RUN_STAGES = ['fetchMs', 'decodeMs', 'batchWaitMs', 'inferMs'] as const

const LABELS: { readonly [name in keyof Timings]-?: string } = {
  admitMs: 'admit',
  storeMs: 'store',
  insertMs: 'insert',
  commitMs: 'commit',
  queueMs: 'queue',
  claimMs: 'claim',
  runMs: 'run',
  workMs: 'work',
  writeMs: 'write',
  replyMs: 'reply',
  fetchMs: 'fetch',
  decodeMs: 'decode',
  batchWaitMs: 'batch wait',
  inferMs: 'infer',
  cancelMs: 'cancel',
}

const stage = (timings: Timings, name: keyof Timings): string[] => {
  const ms = timings[name]
  return ms === undefined ? [] : [`${LABELS[name]} ${Math.round(ms)}`]
}

/** Where the time went, in one line. Pure. */
export const formatTimings = (timings: Timings): string => {
  const parts = RUN_STAGES.flatMap((name) => stage(timings, name))
  const inside = parts.length > 0 ? ` (${parts.join(', ')})` : ''
  const line = STAGES.flatMap((name) => stage(timings, name).map((text) => text + (name === 'runMs' ? inside : '')))
  return line.length > 0 ? `${line.join(', ')} ms` : 'not told'
}

const formatModels = (models: readonly ModelRef[]): string =>
  models.map(({ name, version }) => `${name} ${version}`).join(', ') || 'not told'

/**
 * A finished check in words, for a terminal. Pure.
 * @param tookMs from the call to its answer, by the caller's clock
 */
export const formatAnswer = <T extends TaskName>(task: T, answer: Answer<T>, tookMs: number): string => {
  const { job } = answer
  const { outcome, facts } = verdictOf(task, answer)
  const rows = [
    [task, outcome],
    ...facts,
    ['model', formatModels(job.models)],
    ['answered in', `${Math.round(tookMs)} ms`],
    ['of which', formatTimings(job.timings)],
    ['job', job.id],
  ]
  return table(rows)
}

/** What went wrong and what to do about it, one line each; never a stack. Pure. */
export const formatError = (error: unknown): readonly string[] => {
  if (!(error instanceof MusterError)) return [error instanceof Error ? error.message : String(error)]
  const { code, message, hint, requestId, jobId } = error
  const names = Object.entries({ 'request id': requestId, job: jobId }).flatMap(([name, id]) =>
    id === undefined ? [] : [`${name} ${id}`],
  )
  const about = error instanceof JobFailedError && error.fault === 'service' ? ' (a fault of the service)' : ''
  return [
    `${message} [${code}]${about}`,
    ...(hint === undefined ? [] : [`  ${hint}`]),
    ...(names.length > 0 ? [`  ${names.join(', ')}`] : []),
  ]
}

/** One line of the table that `./muster up` closes with. */
export interface CheckRow {
  readonly check: TaskName
  /** a result came; what it says is in `outcome` */
  readonly ok: boolean
  readonly outcome: string
  /** the number that matters most, with its name */
  readonly detail: string
  readonly timings: Timings
  /** by the caller's clock */
  readonly tookMs: number
}

const cell = (ms: number | undefined): string => (ms === undefined ? '-' : String(Math.round(ms)))

/** @returns a table with a head, times in ms; no line break at its end */
export const formatCheckTable = (rows: readonly CheckRow[]): string =>
  table([
    ['CHECK', 'OUTCOME', 'DETAIL', 'STORE', 'QUEUE', 'RUN', 'REPLY', 'TOTAL MS'],
    ...rows.map(({ check, ok, outcome, detail, timings, tookMs }) => [
      check,
      ok ? outcome : `FAILED: ${outcome}`,
      detail,
      ...STAGES.map((name) => cell(timings[name])),
      cell(tookMs),
    ]),
  ])
