import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { ModelUntrustedError } from '../../../../infra/domain/model-errors.ts'
import { addSignature, parseSignatures, verifySignatures } from '../../../../infra/model-store/signatures.ts'
import {
  newKeyPair,
  readSigningKey,
  readTrustedKeys,
  SigningKeyError,
  trustedOf,
} from '../../../../infra/model-store/signing-keys.ts'
import { aSigningKey } from '../../../fixtures/model-site.ts'

const folder = mkdtempSync(join(tmpdir(), 'muster-keys-'))
afterAll(() => rmSync(folder, { recursive: true }))
const bytes = Buffer.from('{"schema":1}')
const [old, next, stranger] = [aSigningKey(), aSigningKey(), aSigningKey()]

const verify = (
  what: Uint8Array,
  signatures: ReturnType<typeof addSignature> | undefined,
  ...trusted: (typeof old)[]
) => verifySignatures('net@1.0.0', what, signatures, trusted.map(trustedOf))

describe('verifySignatures', () => {
  it('names the keys that signed', () => {
    expect(verify(bytes, addSignature(bytes, old), old, next)).toEqual([old.id])
    expect(verify(bytes, addSignature(bytes, next, addSignature(bytes, old)), old, next)).toEqual([old.id, next.id])
  })

  it('lets keys change: signed by both, trusted by either', () => {
    const both = addSignature(bytes, next, addSignature(bytes, old))
    expect(verify(bytes, both, old)).toEqual([old.id])
    expect(verify(bytes, both, next)).toEqual([next.id])
  })

  it('signs once, however often a key signs', () => {
    const twice = addSignature(bytes, old, addSignature(bytes, old))
    expect(twice.signatures).toHaveLength(1)
  })

  it('trusts no other document', () => {
    const signatures = addSignature(bytes, old)
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const other = Uint8Array.from(bytes)
        other[at] = (other[at] ?? 0) ^ change
        expect(() => verify(other, signatures, old)).toThrow(/changed after it was signed/)
      }),
    )
    expect(() => verify(Buffer.concat([bytes, Buffer.from('\n')]), signatures, old)).toThrow(ModelUntrustedError)
  })

  it('trusts no other signature', () => {
    const signature = Buffer.from(addSignature(bytes, old).signatures[0]?.signature ?? '', 'base64')
    fc.assert(
      fc.property(fc.nat({ max: signature.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const other = Buffer.from(signature)
        other[at] = (other[at] ?? 0) ^ change
        const signatures = [{ key: old.id, signature: other.toString('base64') }]
        expect(() => verify(bytes, { schema: 1, signatures }, old)).toThrow(ModelUntrustedError)
      }),
    )
  })

  it.each([
    ['no signature', undefined, /carries no signature/],
    ['an empty list', { schema: 1 as const, signatures: [] }, /carries no signature/],
    ['a stranger', addSignature(bytes, stranger), /no key that is trusted/],
    [
      'a stranger under a trusted name',
      { schema: 1 as const, signatures: [{ ...addSignature(bytes, stranger).signatures[0], key: old.id }] },
      /changed after it was signed/,
    ],
  ])('refuses %s', (_, signatures, message) => {
    expect(() => verify(bytes, signatures as ReturnType<typeof addSignature>, old)).toThrow(ModelUntrustedError)
    expect(() => verify(bytes, signatures as ReturnType<typeof addSignature>, old)).toThrow(message)
  })

  it('reads signatures that were stored, and nothing else', () => {
    const signatures = addSignature(bytes, old)
    expect(parseSignatures(Buffer.from(JSON.stringify(signatures)))).toEqual(signatures)
    for (const text of ['', 'null', '[]', '{"schema":2,"signatures":[]}', '{"schema":1,"signatures":[{"key":"x"}]}'])
      expect(parseSignatures(Buffer.from(text)), text).toBeUndefined()
  })
})

describe('key files', () => {
  const file = (name: string, text: string, mode = 0o600): string => {
    const path = join(folder, name)
    writeFileSync(path, text)
    chmodSync(path, mode)
    return path
  }

  it('hold what was made', () => {
    const { id, privateKey, publicKey } = newKeyPair()
    const key = readSigningKey(file('signing', privateKey))
    const trusted = readTrustedKeys(file('public', publicKey, 0o644))
    expect([key.id, trusted.map((found) => found.id)]).toEqual([id, [id]])
    expect(verifySignatures('any', bytes, addSignature(bytes, key), trusted)).toEqual([id])
  })

  it('may hold several public keys, and remarks', () => {
    const [one, two] = [newKeyPair(), newKeyPair()]
    const text = `the old one\n${one.publicKey}\n# from december\n${two.publicKey}`
    expect(readTrustedKeys(file('two', text, 0o644)).map(({ id }) => id)).toEqual([one.id, two.id])
  })

  it.each([
    ['readable by a group', 0o640, /chmod 600/],
    ['readable by all', 0o604, /chmod 600/],
    ['writable by all', 0o602, /chmod 600/],
  ])('are no place for a private key when %s', (_, mode, message) => {
    const path = file(`open-${mode}`, newKeyPair().privateKey, mode)
    expect(() => readSigningKey(path)).toThrow(SigningKeyError)
    expect(() => readSigningKey(path)).toThrow(message)
  })

  it.each([0o666, 0o622, 0o664])('are no place for trusted keys when others may write them (%i)', (mode) => {
    const path = file(`writable-${mode}`, newKeyPair().publicKey, mode)
    expect(() => readTrustedKeys(path)).toThrow(/chmod go-w/)
  })

  it.each([
    ['nothing', ''],
    ['no PEM', 'AAAA'],
    ['half a key', newKeyPair().publicKey.slice(0, 60)],
    ['another kind of key', generateKeyPairSync('ed448').publicKey.export({ type: 'spki', format: 'pem' }).toString()],
  ])('with %s are refused without saying what they hold', (_, text) => {
    expect(() => readTrustedKeys(file('bad', text))).toThrow(SigningKeyError)
    expect(() => readSigningKey(file('bad', text))).toThrow(SigningKeyError)
  })

  it('that are not there are named', () => {
    expect(() => readTrustedKeys(join(folder, 'nowhere'))).toThrow(/nowhere cannot be read/)
  })
})
