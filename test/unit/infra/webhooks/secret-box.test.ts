import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SecretUnreadableError } from '../../../../infra/domain/errors.ts'
import { boxOf, createFollowingBox, createSecretBox, keysOf } from '../../../../infra/webhooks/secret-box.ts'
import { aSecretFile, openSecrets } from '../../../fixtures/secret-files.ts'

it('opens what it sealed, and hides it until then', () => {
  const box = createSecretBox([randomBytes(32)])
  fc.assert(
    fc.property(fc.string({ minLength: 8 }), fc.string(), (secret, context) => {
      const sealed = box.seal(secret, context)
      expect(sealed).not.toContain(secret)
      expect(box.open(sealed, context)).toBe(secret)
    }),
  )
})

it('seals the same secret differently each time', () => {
  const box = createSecretBox([randomBytes(32)])
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
  const box = createSecretBox([randomBytes(32)])
  expect(() => box.open(change(box.seal('a secret', 'acme')), context)).toThrow(SecretUnreadableError)
})

it('does not open what another key sealed, nor any sealed text without a key', () => {
  const sealed = createSecretBox([randomBytes(32)]).seal('a secret', 'acme')
  expect(() => createSecretBox([randomBytes(32)]).open(sealed, 'acme')).toThrow('another key sealed it')
  expect(() => createSecretBox().open(sealed, 'acme')).toThrow('no key is configured')
})

it('reads what was stored before there was a key', () => {
  const stored = createSecretBox().seal('a secret', 'acme')
  expect(stored).toBe('plain:a secret')
  expect(createSecretBox([randomBytes(32)]).open(stored, 'acme')).toBe('a secret')
})

it('opens with any of its keys, and seals with the first', () => {
  const [old, next] = [randomBytes(32), randomBytes(32)]
  const sealed = createSecretBox([old]).seal('a secret', 'acme')
  const both = createSecretBox([next, old])
  expect(both.open(sealed, 'acme')).toBe('a secret')
  const again = both.seal('a secret', 'acme')
  expect(createSecretBox([next]).open(again, 'acme')).toBe('a secret')
  expect(() => createSecretBox([old]).open(again, 'acme')).toThrow('another key sealed it')
})

it('takes keys of 32 bytes in base64, and nothing else', () => {
  const [one, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 255)]
  expect(keysOf(one.toString('base64'))).toEqual([one])
  expect(keysOf(`${other.toString('base64url')},\n${one.toString('base64')} `)).toEqual([other, one])
  const short = Buffer.alloc(31).toString('base64')
  for (const text of [
    '',
    ' ',
    'short',
    short,
    Buffer.alloc(33).toString('base64'),
    '%'.repeat(44),
    `${one.toString('base64')} ${short}`,
  ])
    expect(keysOf(text)).toBeUndefined()
})

it('keeps up with a file of keys: what another process sealed with a key that was added since opens at once', () => {
  const [old, next] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')]
  const file = aSecretFile(old)
  const { secrets, counted } = openSecrets({ WEBHOOK_SECRET_KEY_FILE: file.path })
  const box = createFollowingBox(secrets.follow('WEBHOOK_SECRET_KEY', old, boxOf))
  const before = box.seal('a secret', 'acme')
  file.write(`${next} ${old}`)
  const theirs = boxOf(next).seal('another', 'acme')
  expect(box.open(theirs, 'acme')).toBe('another')
  expect(box.open(before, 'acme')).toBe('a secret')
  expect(boxOf(next).open(box.seal('a third', 'acme'), 'acme')).toBe('a third')
  file.write('short')
  expect(() => box.open(theirs, 'other')).toThrow(SecretUnreadableError)
  expect(box.open(theirs, 'acme')).toBe('another')
  expect(counted.map(([name]) => name)).toEqual(['secrets_changed', 'secrets_refused'])
})
