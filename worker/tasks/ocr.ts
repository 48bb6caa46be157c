import type { ModelRef } from '../../infra/domain/job.ts'
import type { Json } from '../../infra/domain/json.ts'
import { outcome } from '../../infra/domain/outcomes.ts'
import { DOCUMENT_TYPES, type DocumentType } from '../../infra/domain/results.ts'
import type { Clock } from '../../infra/ports/clock.ts'
import type { Task, TaskAnswer, TaskItem } from '../executor.ts'
import type { Session } from '../runtimes/runtime.ts'
import { createCharset } from './ocr/charset.ts'
import { type Reader, readDocument } from './ocr/document.ts'
import { LAYOUTS, type MrzFormat } from './ocr/mrz/layout.ts'
import { createPyramid } from './ocr/pyramid.ts'
import { toResult } from './ocr/result.ts'

/** What the task runs on; it owns the sessions and closes them. */
export interface OcrDeps {
  readonly detector: Session
  readonly recogniser: Session
  /** one character a line, in the order of the recogniser's classes */
  readonly dictionary: readonly string[]
  readonly models: readonly ModelRef[]
  /** decides the century of two-digit years */
  readonly clock: Pick<Clock, 'now'>
}

/** A grey square of this side warms the nets up; text or not, the same kernels run. */
const WARM_UP_SIDE = 256
const GREY = 128

/** Read identity documents: fields, machine-readable zone and text. */
export const createOcr = async (deps: OcrDeps): Promise<Task> => {
  const { detector, recogniser, dictionary, models, clock } = deps
  const reader: Reader = { detector, recogniser, charset: createCharset(dictionary) }

  const runOne = async ({ pictures: { image }, options }: TaskItem): Promise<TaskAnswer> => {
    if (!image) throw new TypeError('ocr needs the picture `image`')
    const expected = documentTypeOf(options.documentType)
    const document = await readDocument(reader, createPyramid(image), formatsOf(expected))
    const result = toResult(document, expected, clock.now())
    if (!result) return { kind: 'error', error: outcome('DOCUMENT_UNREADABLE', 'image') }
    return { kind: 'result', result: result as unknown as Json }
  }

  return {
    name: 'ocr',
    models,
    // One document after the other: its lines are a batch of their own.
    async run(items) {
      const answers: TaskAnswer[] = []
      for (const item of items) answers.push(await runOne(item))
      return answers
    },
    async warmUp() {
      const data = new Uint8Array(WARM_UP_SIDE * WARM_UP_SIDE * 3).fill(GREY)
      await runOne({ pictures: { image: { data, width: WARM_UP_SIDE, height: WARM_UP_SIDE } }, options: {} })
    },
    async close() {
      await detector.close()
      await recogniser.close()
    },
  }
}

const documentTypeOf = (option: Json | undefined): DocumentType | undefined =>
  DOCUMENT_TYPES.find((type) => type === option && type !== 'unknown')

const formatsOf = (expected: DocumentType | undefined): readonly MrzFormat[] =>
  Object.values(LAYOUTS)
    .filter(({ documentTypes }) => expected === undefined || documentTypes.includes(expected))
    .map(({ format }) => format)
