import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SecretUnreadableError } from '../../../../infra/domain/errors.ts'
import { createSecretBox, keyBytesOf } from '../../../../infra/webhooks/secret-box.ts'

it('opens what it sealed, and hides it until then', () => {
  const box = createSecretBox(randomBytes(32))
  fc.assert(
    fc.property(fc.string({ minLength: 8 }), fc.string(), (secret, context) => {
      const sealed = box.seal(secret, context)
      expect(sealed).not.toContain(secret)
      expect(box.open(sealed, context)).toBe(secret)
    }),
  )
})

it('seals the same secret differently each time', () => {
  const box = createSecretBox(randomBytes(32))
  expect(box.seal('a secret', 'acme')).not.toBe(box.seal('a secret', 'acme'))
})

it.each([
  ['for another context', (sealed: string) => sealed, 'other'],
  [
    'once it was changed',
    (sealed: string) => sealed.replace(/.{3}$/, (end) => (end === 'AAA' ? 'BBB' : 'AAA')),
    'acme',
  ],
  ['once it was cut', (sealed: string) => sealed.slice(0, 30), 'acme'],
] as const)('does not open %s', (_what, change, context) => {
  const box = createSecretBox(randomBytes(32))
  expect(() => box.open(change(box.seal('a secret', 'acme')), context)).toThrow(SecretUnreadableError)
})

it('does not open what another key sealed, nor any sealed text without a key', () => {
  const sealed = createSecretBox(randomBytes(32)).seal('a secret', 'acme')
  expect(() => createSecretBox(randomBytes(32)).open(sealed, 'acme')).toThrow('another key sealed it')
  expect(() => createSecretBox(undefined).open(sealed, 'acme')).toThrow('no key is configured')
})

it('reads what was stored before there was a key', () => {
  const stored = createSecretBox(undefined).seal('a secret', 'acme')
  expect(stored).toBe('plain:a secret')
  expect(createSecretBox(randomBytes(32)).open(stored, 'acme')).toBe('a secret')
})

it('takes 32 bytes in base64 for a key, and nothing else', () => {
  expect(keyBytesOf(Buffer.alloc(32, 1).toString('base64'))).toHaveLength(32)
  expect(keyBytesOf(Buffer.alloc(32, 255).toString('base64url'))).toHaveLength(32)
  for (const text of [
    '',
    'short',
    Buffer.alloc(31).toString('base64'),
    Buffer.alloc(33).toString('base64'),
    '%'.repeat(44),
  ])
    expect(keyBytesOf(text)).toBeUndefined()
})
