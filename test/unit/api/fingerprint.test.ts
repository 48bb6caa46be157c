import fc from 'fast-check'
import { expect, it } from 'vitest'
import { canonicalJson, fingerprintOf } from '../../../api/fingerprint.ts'
import type { Json } from '../../../infra/domain/json.ts'

it('writes members in the order of their names, at every depth', () => {
  expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: true })).toBe('{"a":true,"b":[1,{"c":"x","d":null}]}')
})

/** The same value with the members of every object the other way round. */
const turned = (value: Json): Json => {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(turned)
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, member]) => [name, turned(member)]),
  )
}

it('gives one text to one value however it is ordered, and loses nothing of it, so that two values never share one', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (any) => {
      const value = any as Json
      expect(canonicalJson(turned(value))).toBe(canonicalJson(value))
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
    { numRuns: 500 },
  )
})

it('is the same for the same request, however its members are ordered', () => {
  const one = fingerprintOf('ocr', { documentType: 'visa', other: 1 }, { image: 'aa' })
  expect(fingerprintOf('ocr', { other: 1, documentType: 'visa' }, { image: 'aa' })).toBe(one)
  expect(one).toMatch(/^[0-9a-f]{64}$/)
})

it.each([
  ['task', fingerprintOf('liveness', {}, { image: 'aa' })],
  ['options', fingerprintOf('ocr', { documentType: 'visa' }, { image: 'aa' })],
  ['pictures', fingerprintOf('ocr', {}, { image: 'ab' })],
])('differs with the %s', (_what, other) => {
  expect(other).not.toBe(fingerprintOf('ocr', {}, { image: 'aa' }))
})

it('tells which picture is which', () => {
  expect(fingerprintOf('face-match', {}, { source: 'aa', target: 'bb' })).not.toBe(
    fingerprintOf('face-match', {}, { source: 'bb', target: 'aa' }),
  )
})
