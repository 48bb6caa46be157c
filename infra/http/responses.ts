import type { TSchema } from 'typebox'
import { PROBLEM_TYPE, PROBLEMS, type ProblemCode } from './problem.ts'

/** Name of the problem's schema among the shared ones. */
export const PROBLEM_ID = 'Problem'

/** An answer with a JSON body, for a route's `response` schema. */
export const answer = (description: string, schema: TSchema, headers?: Readonly<Record<string, TSchema>>) => ({
  description,
  content: { 'application/json': { schema } },
  ...(headers && { headers }),
})

/** Those every route that needs a key may answer with. */
const ALWAYS: readonly ProblemCode[] = ['UNAUTHENTICATED', 'FORBIDDEN', 'TOO_MANY_FAILURES', 'INTERNAL', 'UNAVAILABLE']

/** Those of every route that takes a JSON body. */
export const BODY_PROBLEMS: readonly ProblemCode[] = [
  'INVALID_REQUEST',
  'MALFORMED_BODY',
  'BODY_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
]

const described = (codes: readonly ProblemCode[]) => {
  const byStatus = Map.groupBy(codes, (code) => PROBLEMS[code].status)
  return [...byStatus].map(([status, list]) => {
    const description = list.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('; ')
    return [String(status), { description, content: { [PROBLEM_TYPE]: { schema: { $ref: `${PROBLEM_ID}#` } } } }]
  })
}

/** The problems a route that needs a key may answer with, by status. */
export const problems = (...codes: readonly ProblemCode[]): Record<string, object> =>
  Object.fromEntries(described([...ALWAYS, ...codes]))
