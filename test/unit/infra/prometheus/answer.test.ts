import fc from 'fast-check'
import { expect, it } from 'vitest'
import { answerOf, recordOf } from '../../../../infra/prometheus/answer.ts'

const success = (data: unknown, more: object = {}) => ({ status: 'success', data, ...more })
const vector = (...values: readonly unknown[]) =>
  success({ resultType: 'vector', result: values.map((value) => ({ metric: {}, value })) })

it.each<[string, unknown, unknown]>([
  [
    'a vector of one',
    vector([1_700_000_000.25, '340']),
    { kind: 'value', value: 340, at: 1_700_000_000_250, warnings: [] },
  ],
  [
    'a scalar',
    success({ resultType: 'scalar', result: [1, '1e3'] }),
    { kind: 'value', value: 1_000, at: 1_000, warnings: [] },
  ],
  ['less than nothing', vector([1, '-0.5']), { kind: 'value', value: -0.5, at: 1_000, warnings: [] }],
  ['no series', vector(), { kind: 'none', why: 'no data' }],
  ['two series', vector([1, '1'], [1, '2']), { kind: 'none', why: '2 series, not one: sum them' }],
  ['a missing number', vector([1, 'NaN']), { kind: 'none', why: 'the value is not a number' }],
  ['an infinite one', vector([1, '-Inf']), { kind: 'none', why: 'the value is infinite' }],
  ['an empty one', vector([1, '']), { kind: 'none', why: 'the value is not a number' }],
  [
    'a native histogram',
    success({ resultType: 'vector', result: [{ metric: {}, histogram: [1, {}] }] }),
    { kind: 'none', why: 'the value is a histogram, not a number' },
  ],
  [
    'an error',
    { status: 'error', errorType: 'bad_data', error: 'parse\nerror' },
    { kind: 'none', why: 'the query is refused: parse error' },
  ],
  ['a value that is no text', vector([1, 7]), undefined],
  ['nothing', undefined, undefined],
])('reads %s', (_, body, answer) => {
  expect(answerOf(body)).toEqual(answer)
})

it.each<[string, object, readonly string[]]>([
  ['warnings', { warnings: ['a store is away'] }, ['a store is away']],
  ['an answer of some servers', { isPartial: true }, ['the answer is partial']],
  ['an answer of all servers', { isPartial: false, warnings: [] }, []],
  [
    'what is only worth knowing',
    { warnings: ['PromQL info: metric might not be a counter'], infos: ['something'] },
    [],
  ],
])('tells whether something may be missing: %s', (_, more, warnings) => {
  const body = { ...vector([1, '7']), ...more }
  expect(answerOf(body)).toEqual({ kind: 'value', value: 7, at: 1_000, warnings })
})

it('finds a finite number or none in whatever comes', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.anything(),
        fc.tuple(fc.double(), fc.string()).map((sample) => vector(sample)),
      ),
      (body) => {
        const answer = answerOf(body)
        if (answer?.kind === 'value') expect(Number.isFinite(answer.value)).toBe(true)
      },
    ),
  )
})

it('puts numbers where their steps are, and leaves out what is none', () => {
  const steps = { from: 60_000, stepMs: 15_000, count: 4 }
  const matrix = (...lines: readonly unknown[]) =>
    success({ resultType: 'matrix', result: lines.map((values) => ({ metric: {}, values })) })
  const samples = [
    [60, '1'],
    [90, 'NaN'],
    [105.001, '2'],
    [120, '9'],
    [45, '9'],
  ]
  expect(recordOf(matrix(samples), steps)).toEqual({ kind: 'values', values: [1, undefined, undefined, 2] })
  expect(recordOf(matrix(), steps)).toEqual({ kind: 'values', values: Array(4).fill(undefined) })
  expect(recordOf(vector([1, '1']), steps)).toBeUndefined()
  const inPart = { ...matrix(samples), isPartial: true, warnings: ['a store is away'] }
  expect(recordOf(inPart, steps)).toMatchObject({ warnings: ['the answer is partial', 'a store is away'] })
})
