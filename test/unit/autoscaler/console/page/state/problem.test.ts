import fc from 'fast-check'
import { expect, it } from 'vitest'
import { asProblem, isAway, ProblemError, problemOf } from '../../../../../../autoscaler/console/page/state/problem.ts'

it('takes the words of the answer, and which part of the request they are about', () => {
  const errors = [{ pointer: '/reason', detail: 'must not be empty' }]
  const problem = problemOf(400, {
    code: 'INVALID_REQUEST',
    title: 'no',
    detail: 'the body is wrong',
    hint: 'mend it',
    errors,
  })
  expect(problem).toMatchObject({ status: 400, code: 'INVALID_REQUEST', hint: 'mend it' })
  expect(problem.message).toBe('the body is wrong: reason must not be empty')
})

it('has words for every answer, also for one of a proxy', () => {
  fc.assert(
    fc.property(fc.anything(), (body) => {
      expect(problemOf(502, body).message).not.toBe('')
    }),
  )
})

it('keeps a problem and takes all else for an autoscaler that is away', () => {
  const problem = new ProblemError(404, 'NOT_FOUND', 'nothing here')
  expect(asProblem(problem)).toBe(problem)
  expect(asProblem(new TypeError('fetch failed')).message).toBe('the autoscaler does not answer')
})

it.each([
  [0, 'AWAY', true],
  [503, 'UNAVAILABLE', true],
  [429, 'RATE_LIMITED', true],
  [429, 'TOO_MANY_FAILURES', false],
  [401, 'UNAUTHENTICATED', false],
  [403, 'FORBIDDEN', false],
])('knows of an answer with %i %s whether it is one about a key', (status, code, isNone) => {
  expect(isAway(new ProblemError(status, code, 'words'))).toBe(isNone)
})
