import { describe, expect, it } from 'vitest'
import type { Json } from '../../../../infra/domain/json.ts'
import { outcome } from '../../../../infra/domain/outcomes.ts'
import { TASK_NAMES } from '../../../../infra/domain/task.ts'
import type { TaskAnswer } from '../../../../worker/executor.ts'
import { isFailure, isFlip, isPositive, scoreOf } from '../../../../worker/rollout/compare.ts'

const result = (json: Json): TaskAnswer => ({ kind: 'result', result: json })
const error = (code: 'NO_FACE' | 'FACE_BLURRED' | 'INFERENCE_FAILED'): TaskAnswer => ({
  kind: 'error',
  error: outcome(code, 'image'),
})
const live = (score: number, verdict = 'review') => result({ live: score >= 0.5, score, verdict, face: { box: score } })
const match = (similarity: number) => result({ match: similarity >= 0.5, similarity, faces: [] })
const read = (surname: string, more: Json = null, valid = true) =>
  result({
    documentType: 'passport',
    fields: { surname: { value: surname, confidence: 0.9 }, sex: { value: 'F', confidence: 0.5 } },
    mrz: { valid, lines: [more] },
    text: [more],
  })

describe('a flip', () => {
  it.each([
    ['liveness', live(0.4), live(0.6)],
    ['liveness', live(0.6, 'review'), live(0.6, 'pass')],
    ['liveness', live(0.6), error('NO_FACE')],
    ['liveness', error('FACE_BLURRED'), error('NO_FACE')],
    ['face-match', match(0.49), match(0.51)],
    ['ocr', read('ERIKSSON'), read('ERIKSON')],
    ['ocr', read('ERIKSSON'), read('ERIKSSON', null, false)],
    ['ocr', read('ERIKSSON'), result({ documentType: 'passport', fields: {}, mrz: null })],
  ] as const)('of %s is another decision', (task, one, other) => {
    expect([isFlip(task, one, other), isFlip(task, other, one)]).toEqual([true, true])
  })

  it.each([
    ['liveness', live(0.6), live(0.9)],
    ['liveness', error('NO_FACE'), error('NO_FACE')],
    ['face-match', match(0.6), match(0.99)],
    ['ocr', read('ERIKSSON', 'a'), read('ERIKSSON', 'b')],
  ] as const)('of %s is not another score, box or text', (task, one, other) => {
    expect(isFlip(task, one, other)).toBe(false)
  })

  it('does not depend on the order of fields', () => {
    const fields = (names: readonly string[]) =>
      result({ documentType: 'visa', fields: Object.fromEntries(names.map((name) => [name, { value: name }])) })
    expect(isFlip('ocr', fields(['a', 'b']), fields(['b', 'a']))).toBe(false)
  })
})

it('takes what a model failed at for a failure, and what a caller can mend for a decision', () => {
  expect([error('INFERENCE_FAILED'), error('NO_FACE'), live(0.6)].map(isFailure)).toEqual([true, false, false])
})

it('knows a positive decision of each task', () => {
  expect([live(0.6), live(0.4), error('NO_FACE')].map((one) => isPositive('liveness', one))).toEqual([
    true,
    false,
    false,
  ])
  expect([match(0.6), match(0.4)].map((one) => isPositive('face-match', one))).toEqual([true, false])
  expect([read('A'), error('NO_FACE')].map((one) => isPositive('ocr', one))).toEqual([true, false])
})

it('knows the score of a task that has one', () => {
  expect([scoreOf('liveness', live(0.6)), scoreOf('face-match', match(0.7))]).toEqual([0.6, 0.7])
  expect([scoreOf('ocr', read('A')), scoreOf('liveness', error('NO_FACE'))]).toEqual([undefined, undefined])
})

it.each(TASK_NAMES)('takes a %s result that is none for one without anything in it', (task) => {
  for (const strange of [null, 7, 'x', [], {}]) {
    expect(isFlip(task, result(strange), result(strange))).toBe(false)
    expect(scoreOf(task, result(strange))).toBeUndefined()
  }
})
