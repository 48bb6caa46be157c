import { expect, it } from 'vitest'
import { canonicalJson, fingerprintOf } from '../../../api/fingerprint.ts'

it('writes members in the order of their names, at every depth', () => {
  expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: true })).toBe('{"a":true,"b":[1,{"c":"x","d":null}]}')
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
