import type { Json } from '../../infra/domain/json.ts'
import type { TaskName } from '../../infra/domain/task.ts'
import type { TaskAnswer } from '../executor.ts'

type Members = { readonly [name: string]: Json }

const isObject = (value: Json | undefined): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const membersOf = (value: Json | undefined): Members => (isObject(value) ? value : {})

/** What a result decides, of each task; scores and boxes are none of it. */
const DECISIONS: Readonly<Record<TaskName, (result: Members) => Json>> = {
  'face-match': ({ match = null }) => match,
  liveness: ({ live = null, verdict = null }) => [live, verdict],
  ocr: ({ documentType = null, fields, mrz }) => [
    documentType,
    membersOf(mrz).valid ?? null,
    Object.entries(membersOf(fields))
      .map(([name, field]) => [name, membersOf(field).value ?? null] as const)
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  ],
}

/** The model failed: that says nothing of the picture. */
export const isFailure = (answer: TaskAnswer): boolean => answer.kind === 'error' && answer.error.fault === 'service'

const decisionOf = (task: TaskName, answer: TaskAnswer): Json =>
  answer.kind === 'error' ? answer.error.code : [DECISIONS[task](membersOf(answer.result))]

/** Would whoever asked act differently? Compared is by equality only, and nothing of it is kept. */
export const isFlip = (task: TaskName, base: TaskAnswer, candidate: TaskAnswer): boolean =>
  JSON.stringify(decisionOf(task, base)) !== JSON.stringify(decisionOf(task, candidate))

const POSITIVE: Readonly<Record<TaskName, (result: Members) => boolean>> = {
  'face-match': ({ match }) => match === true,
  liveness: ({ live }) => live === true,
  ocr: () => true,
}

/** A match, a living person, a document that could be read. */
export const isPositive = (task: TaskName, answer: TaskAnswer): boolean =>
  answer.kind === 'result' && POSITIVE[task](membersOf(answer.result))

const SCORES: Readonly<Record<TaskName, string | undefined>> = {
  'face-match': 'similarity',
  liveness: 'score',
  ocr: undefined,
}

/** The number of 0..1 a decision is made from; undefined where there is none. */
export const scoreOf = (task: TaskName, answer: TaskAnswer): number | undefined => {
  const name = SCORES[task]
  if (answer.kind !== 'result' || name === undefined) return undefined
  const score = membersOf(answer.result)[name]
  return typeof score === 'number' && Number.isFinite(score) ? score : undefined
}
