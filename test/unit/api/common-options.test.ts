import fc from 'fast-check'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { expect, it } from 'vitest'
import { commonOptionsOf, FORM_COMMON, JSON_COMMON } from '../../../api/common-options.ts'

const form = Compile(Type.Object(FORM_COMMON))
const json = Compile(Type.Object(JSON_COMMON))
const edges = fc.constantFrom(
  999,
  1_000,
  9_999_999,
  85_999_999,
  86_000_000,
  86_399_999,
  86_400_000,
  86_400_001,
  90_000_000,
)

it('takes the same deadlines in a form as in JSON, and takes them as they are', () => {
  fc.assert(
    fc.property(fc.oneof(fc.nat({ max: 200_000_000 }), edges), (deadlineMs) => {
      const taken = deadlineMs >= 1_000 && deadlineMs <= 86_400_000
      expect(json.Check({ deadlineMs })).toBe(taken)
      expect(form.Check({ deadlineMs: String(deadlineMs) })).toBe(taken)
      expect(commonOptionsOf({ deadlineMs: String(deadlineMs) }).deadlineMs).toBe(deadlineMs)
    }),
  )
})
