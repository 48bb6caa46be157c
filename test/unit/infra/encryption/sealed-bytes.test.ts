import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SealBrokenError } from '../../../../infra/domain/errors.ts'
import { KEY_BYTES, NONCE_BYTES, OVERHEAD_BYTES, open, seal } from '../../../../infra/encryption/sealed-bytes.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const parts = [bytes(KEY_BYTES), bytes(NONCE_BYTES), fc.uint8Array({ maxLength: 500 }), fc.string()] as const

it('opens what it sealed, which is longer by always the same', () => {
  fc.assert(
    fc.property(...parts, (key, nonce, plain, context) => {
      const sealed = seal(key, nonce, plain, context)
      expect(sealed.length).toBe(plain.length + OVERHEAD_BYTES)
      expect(Buffer.from(open(key, sealed, context)).equals(Buffer.from(plain))).toBe(true)
    }),
  )
})

it('opens nothing of which one bit was changed', () => {
  fc.assert(
    fc.property(...parts, fc.nat(), fc.nat(7), (key, nonce, plain, context, at, bit) => {
      const sealed = Uint8Array.from(seal(key, nonce, plain, context))
      const index = at % sealed.length
      sealed[index] = (sealed[index] ?? 0) ^ (1 << bit)
      expect(() => open(key, sealed, context)).toThrow(SealBrokenError)
    }),
  )
})

it('opens nothing that was cut short, for another context, or with another key', () => {
  fc.assert(
    fc.property(...parts, fc.nat(), (key, nonce, plain, context, length) => {
      const sealed = seal(key, nonce, plain, context)
      const other = Uint8Array.from(key, (byte) => byte ^ 1)
      expect(() => open(key, sealed.subarray(0, length % sealed.length), context)).toThrow(SealBrokenError)
      expect(() => open(key, sealed, `${context}x`)).toThrow(SealBrokenError)
      expect(() => open(other, sealed, context)).toThrow(SealBrokenError)
    }),
  )
})

it('opens what an earlier version sealed', () => {
  const sealed = Buffer.from(
    seal(new Uint8Array(KEY_BYTES), new Uint8Array(NONCE_BYTES), Buffer.from('picture'), 'context'),
  )
  expect(sealed.toString('hex')).toMatch(/^4d534501(00){12}/)
  expect(sealed.toString('hex')).toBe('4d534501000000000000000000000000bece234938120ec67070696eb902f744162ae7fa686223')
})
