import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import {
  fingerprintOf,
  newKeyPair,
  readPrivateKey,
  readPublicKey,
  signManifest,
  verifySignature,
} from '../../../../scripts/bundle/signature.ts'

const dir = mkdtempSync(join(tmpdir(), 'muster-keys-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const write = (name: string, text: string, mode = 0o600): string => {
  const path = join(dir, name)
  writeFileSync(path, text, { mode })
  chmodSync(path, mode)
  return path
}

const pair = newKeyPair()
const privateKey = readPrivateKey(write('vendor.key', pair.privateKey))
const publicKey = readPublicKey(write('vendor.pub', pair.publicKey, 0o644))

describe('a signature', () => {
  it('holds for its text and its key, and for nothing that differs in one byte', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (text, place, flip) => {
        const signature = signManifest(text, privateKey)
        const bytes = Buffer.from(text)
        verifySignature(bytes, signature, publicKey)
        const changed = Buffer.from(bytes)
        changed[place % changed.length] = (changed[place % changed.length] ?? 0) ^ flip
        expect(() => verifySignature(changed, signature, publicKey)).toThrow('signature')
        const forged = Buffer.from(signature)
        forged[place % forged.length] = (forged[place % forged.length] ?? 0) ^ flip
        expect(() => verifySignature(bytes, forged, publicKey)).toThrow('signature')
      }),
      { numRuns: 50 },
    )
  })

  it('is not taken from another key, nor in another length', () => {
    const other = readPublicKey(write('other.pub', newKeyPair().publicKey, 0o644))
    const signature = signManifest('text', privateKey)
    expect(() => verifySignature(Buffer.from('text'), signature, other)).toThrow('signature')
    expect(() => verifySignature(Buffer.from('text'), signature.subarray(1), publicKey)).toThrow('signature')
    expect(() => verifySignature(Buffer.from('text'), Buffer.alloc(0), publicKey)).toThrow('signature')
  })
})

describe('a key file', () => {
  it('has the same fingerprint in either half', () => {
    expect(fingerprintOf(privateKey)).toBe(fingerprintOf(publicKey))
    expect(fingerprintOf(publicKey)).toMatch(/^[0-9a-f]{64}$/)
  })

  it('is refused as the private one while others may read it', () => {
    expect(() => readPrivateKey(write('open.key', pair.privateKey, 0o640))).toThrow('chmod 600')
  })

  it('is refused as the public one when it is the private one, or of another kind', () => {
    expect(() => readPublicKey(write('wrong.pub', pair.privateKey))).toThrow('no public key')
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'pem' })
    expect(() => readPublicKey(write('rsa.pub', rsa.toString()))).toThrow('no Ed25519 key')
    expect(() => readPublicKey(write('empty.pub', ''))).toThrow('no public key')
    expect(() => readPublicKey(join(dir, 'none'))).toThrow('cannot be read')
  })
})
