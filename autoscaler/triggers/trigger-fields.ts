import type { Trigger } from '../../infra/domain/trigger.ts'
import { parseSpan, spanInWords } from './durations.ts'

/** What is wrong with one member of a trigger. */
export interface FieldProblem {
  readonly field: string
  readonly problem: string
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const MAX_QUERY = 2_000
const MAX_NODES = 100_000
/** As for a fleet's other savings: nodes that go and come again cost a boot each. */
const DEFAULT_KEEP_MS = 300_000
/** Two looks, as for every other signal. */
const DEFAULT_STALE_MS = 60_000

type Read<T> = (given: unknown) => { readonly value: T } | { readonly problem: string }

const text =
  (pattern: RegExp, rule: string): Read<string> =>
  (given) =>
    typeof given === 'string' && pattern.test(given) ? { value: given } : { problem: `must be ${rule}` }

const number =
  (isRight: (value: number) => boolean, rule: string): Read<number> =>
  (given) =>
    typeof given === 'number' && Number.isFinite(given) && isRight(given)
      ? { value: given }
      : { problem: `must be ${rule}` }

const span =
  (leastMs: number, mostMs: number): Read<number> =>
  (given) => {
    const value = parseSpan(given)
    return value !== undefined && value >= leastMs && value <= mostMs
      ? { value }
      : { problem: `must be a time such as 90s, 5m or 1h, ${spanInWords(leastMs)} to ${spanInWords(mostMs)}` }
  }

const FIELDS = {
  name: text(/^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/, '1 to 40 letters, digits, dots, dashes or underscores'),
  query: text(new RegExp(`^(?=[^]*\\S)[^]{1,${MAX_QUERY}}$`), `PromQL of ${MAX_QUERY} characters at most`),
  targetPerNode: number((value) => value > 0, 'a number above 0'),
  activation: number(() => true, 'a number'),
  maxNodes: number((value) => Number.isInteger(value) && value >= 1 && value <= MAX_NODES, '1 or more nodes'),
  for: span(0, HOUR_MS),
  keepFor: span(0, DAY_MS),
  staleAfter: span(1_000, HOUR_MS),
  letGoAfter: span(0, 30 * DAY_MS),
} as const satisfies Readonly<Record<string, Read<unknown>>>
type Field = keyof typeof FIELDS

const REQUIRED: readonly Field[] = ['name', 'query', 'targetPerNode']

const isField = (name: string): name is Field => Object.hasOwn(FIELDS, name)

/** One trigger from what a file says of it: the trigger, or every problem with it. */
export const parseTrigger = (
  given: Readonly<Record<string, unknown>>,
): { readonly trigger: Trigger | undefined; readonly problems: readonly FieldProblem[] } => {
  const problems: FieldProblem[] = []
  const read = <F extends Field>(field: F) => {
    if (given[field] === undefined || given[field] === null) return undefined
    const answer = FIELDS[field](given[field])
    if ('problem' in answer) problems.push({ field, problem: answer.problem })
    return 'value' in answer
      ? (answer.value as Extract<ReturnType<(typeof FIELDS)[F]>, { value: unknown }>['value'])
      : undefined
  }
  for (const field of Object.keys(given))
    if (!isField(field))
      problems.push({
        field: field.slice(0, 40),
        problem: `is not known; there are: ${Object.keys(FIELDS).join(', ')}`,
      })
  for (const field of REQUIRED)
    if (given[field] === undefined || given[field] === null) problems.push({ field, problem: 'is missing' })
  const [name, query, targetPerNode] = [read('name'), read('query'), read('targetPerNode')]
  const [activation = 0, maxNodes, forMs = 0] = [read('activation'), read('maxNodes'), read('for')]
  const [keepForMs = DEFAULT_KEEP_MS, staleAfterMs = DEFAULT_STALE_MS] = [read('keepFor'), read('staleAfter')]
  const letGoAfterMs = read('letGoAfter')
  if (problems.length > 0 || name === undefined || query === undefined || targetPerNode === undefined)
    return { trigger: undefined, problems }
  const times = { forMs, keepForMs, staleAfterMs, letGoAfterMs }
  return { trigger: { name, query, targetPerNode, activation, maxNodes, ...times }, problems }
}
