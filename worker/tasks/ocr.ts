import type { ModelRef } from '../../infra/domain/job.ts'
import type { Json } from '../../infra/domain/json.ts'
import { outcome } from '../../infra/domain/outcomes.ts'
import type { OcrResult } from '../../infra/domain/results.ts'
import type { DecodedPicture } from '../../infra/ports/picture-codec.ts'
import type { Task, TaskAnswer, TaskItem } from '../executor.ts'
import type { Session } from '../runtimes/runtime.ts'
import { createCharset } from './ocr/charset.ts'
import { readDocument } from './ocr/document.ts'
import type { MrzFormat } from './ocr/mrz/layout.ts'
import { createPyramid } from './ocr/pyramid.ts'
import { recognise } from './ocr/recogniser.ts'
import { toResult } from './ocr/result.ts'
import type { Strip } from './ocr/strip.ts'

/** What the task reads with. It owns the sessions and closes them. */
export interface OcrParts {
  /** PP-OCR text detector: picture in, probability map out */
  readonly detector: Session
  /** PP-OCR text recogniser: lines in, CTC probabilities out */
  readonly recogniser: Session
  /** the recogniser's dictionary, one character a line */
  readonly dictionary: readonly string[]
  /** of both sessions, as results name them */
  readonly models: readonly ModelRef[]
}

/** How the task runs. */
export interface OcrOptions {
  /** epoch ms: decides the century of two-digit years. The wall clock by default */
  readonly now?: () => number
}

/** Which formats a caller's `documentType` leaves: the machine-readable zone of another kind of document is not read. */
const FORMATS: Readonly<Record<string, readonly MrzFormat[]>> = {
  passport: ['TD3'],
  'identity-card': ['TD1', 'TD2'],
  visa: ['MRV-A', 'MRV-B'],
}
const ALL_FORMATS: readonly MrzFormat[] = ['TD1', 'TD2', 'TD3', 'MRV-A', 'MRV-B']
/** A blank document of the usual size, and a line of every usual length: so the sessions have their memory at once. */
const BLANK = { width: 960, height: 672 } as const
const BLANK_LINE: Strip = { left: { x: 0, y: 20 }, right: { x: 900, y: 20 }, height: 24 }
const LINE_COLUMNS = [64, 128, 192, 256, 320, 384, 448, 640] as const

/**
 * Read identity documents: machine-readable zone, printed fields, and all text. Answers DOCUMENT_UNREADABLE for a picture
 * without a zone, without a field and without several sure lines of text, for example one of a person.
 * @throws InferenceError from `run` when a model cannot be run or gives other tensors than PP-OCR's
 */
export const createOcr = async (
  { detector, recogniser, dictionary, models }: OcrParts,
  { now = Date.now }: OcrOptions = {},
): Promise<Task> => {
  const reader = { detector, recogniser, charset: createCharset(dictionary) }

  const read = async (picture: DecodedPicture, documentType: Json | undefined): Promise<TaskAnswer> => {
    const formats = FORMATS[String(documentType)] ?? ALL_FORMATS
    const result = toResult(await readDocument(reader, createPyramid(picture), formats), now())
    return result ? { kind: 'result', result: toJson(result) } : unreadable
  }

  return {
    name: 'ocr',
    models,
    async run(items: readonly TaskItem[]) {
      const answers: TaskAnswer[] = []
      for (const { pictures, options } of items) {
        const picture = pictures.image
        answers.push(picture ? await read(picture, options.documentType) : unreadable)
      }
      return answers
    },
    async warmUp() {
      const blank = { ...BLANK, data: new Uint8Array(BLANK.width * BLANK.height * 3) }
      await read(blank, undefined)
      const crops = LINE_COLUMNS.map((columnCount) => ({ strip: BLANK_LINE, from: 0, to: 1, columnCount }))
      await recognise(recogniser, createPyramid(blank), crops, () => {})
    },
    async close() {
      await Promise.all([detector.close(), recogniser.close()])
    },
  }
}

const unreadable: TaskAnswer = { kind: 'error', error: outcome('DOCUMENT_UNREADABLE', 'image') }

/** The same fields as a type of its own: an interface has no index signature, so it does not pass for JSON. */
type Plain<T> = T extends string | number | boolean | null ? T : { readonly [K in keyof T]: Plain<T[K]> }

const toJson = (result: Plain<OcrResult>): Json => result as Json
