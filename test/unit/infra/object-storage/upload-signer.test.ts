import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InvalidKeyError } from '../../../../infra/domain/errors.ts'
import { createUploadSigner, parseUploadSecrets } from '../../../../infra/object-storage/upload-signer.ts'
import type { Secret } from '../../../../infra/runtime/secrets.ts'

const NOW = Date.UTC(2026, 10, 20, 12)
const LIMITS = { contentType: 'image/jpeg', maxBytes: 10_000_000, ttlMs: 300_000 }
const aSigner = (secret = 'a'.repeat(32)) => createUploadSigner({ secret, publicUrl: 'https://checks.example.com/' })
const queryOf = (url: string): Record<string, string> => Object.fromEntries(new URL(url).searchParams)

/** The same low bytes in other characters. */
const swapped = (text: string) => [...text].map((char) => String.fromCharCode(char.charCodeAt(0) + 256)).join('')

describe('an upload through the api', () => {
  it('is let through with exactly what was signed, until its time is over', () => {
    const signer = aSigner()
    const signed = signer.sign('uploads/1/acme', LIMITS, NOW)
    expect(signed).toMatchObject({ method: 'PUT', headers: { 'content-type': 'image/jpeg' }, expiresAt: NOW + 300_000 })
    const query = queryOf(signed.url)
    const grant = { key: 'uploads/1/acme', contentType: 'image/jpeg', maxBytes: 10_000_000 }
    expect(signer.open(query, NOW)).toEqual(grant)
    expect(signer.open(query, signed.expiresAt - 1)).toEqual(grant)
    expect(signer.open(query, signed.expiresAt)).toBeUndefined()
  })

  it('is let through by every replica with the secret, and by no other', () => {
    const query = queryOf(aSigner().sign('a', LIMITS, NOW).url)
    expect(aSigner().open(query, NOW)).toBeDefined()
    expect(aSigner('b'.repeat(32)).open(query, NOW)).toBeUndefined()
  })

  it('is refused whatever is changed, added to or left out of the query', () => {
    const signer = aSigner()
    const query = queryOf(signer.sign('uploads/1/acme', LIMITS, NOW).url)
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(query)), fc.option(fc.string(), { nil: undefined }), (name, value) => {
        fc.pre(value !== query[name])
        expect(signer.open({ ...query, [name]: value }, NOW)).toBeUndefined()
      }),
      { numRuns: 500 },
    )
    for (const [name, value] of Object.entries(query))
      for (const changed of [
        `${value}0`,
        ` ${value}`,
        `0${value}`,
        value.toUpperCase(),
        value.slice(1),
        swapped(value),
        '',
      ])
        if (changed !== value) expect(signer.open({ ...query, [name]: changed }, NOW)).toBeUndefined()
    expect(signer.open({}, NOW)).toBeUndefined()
  })

  it('is signed for no key outside the alphabet', () => {
    expect(() => aSigner().sign('../etc/passwd', LIMITS, NOW)).toThrow(InvalidKeyError)
  })
})

describe('an upload secret that changes', () => {
  const [OLD, NEW, NEXT] = ['o'.repeat(32), 'n'.repeat(32), 'x'.repeat(32)] as const
  const PUBLIC_URL = 'https://checks.example.com'
  /** Two replicas read the same file, each in its own time. */
  const aReplica = () => {
    let [text, inFile] = [OLD as string, OLD as string]
    let before: readonly (readonly string[])[] = []
    const secret: Secret<readonly string[]> = {
      now: () => parseUploadSecrets(text),
      before: () => before,
      renewed() {
        if (inFile !== text) before = [parseUploadSecrets(text), ...before]
        text = inFile
        return parseUploadSecrets(text)
      },
    }
    const signer = createUploadSigner({ secret, publicUrl: PUBLIC_URL })
    const changes = (to: string) => {
      inFile = to
    }
    return { ...secret, changes, sign: () => queryOf(signer.sign('a', LIMITS, NOW).url), opens: signer.open }
  }

  it('signs with the new one at once, and lets through what was signed before until its time is over', () => {
    const { changes, renewed, sign, opens } = aReplica()
    const before = sign()
    changes(NEW)
    renewed()
    const after = sign()
    expect(after.signature).not.toBe(before.signature)
    for (const query of [before, after]) {
      expect(opens(query, NOW)).toBeDefined()
      expect(opens(query, NOW + LIMITS.ttlMs)).toBeUndefined()
    }
  })

  it('lets through what a replica signed that has read the change before', () => {
    const [first, second] = [aReplica(), aReplica()]
    for (const { changes } of [first, second]) changes(NEW)
    first.renewed()
    expect(second.opens(first.sign(), NOW)).toBeDefined()
    expect(first.opens(second.sign(), NOW)).toBeDefined()
    expect(first.opens(queryOf(aSigner(NEXT).sign('a', LIMITS, NOW).url), NOW)).toBeUndefined()
  })

  it('may be several, one a line: the first signs, all of them let through', () => {
    const both = aSigner(`${NEW}\n${OLD}\n`)
    expect(both.sign('a', LIMITS, NOW).url).toBe(aSigner(NEW).sign('a', LIMITS, NOW).url)
    for (const secret of [OLD, NEW])
      expect(both.open(queryOf(aSigner(secret).sign('a', LIMITS, NOW).url), NOW)).toBeDefined()
    expect(() => parseUploadSecrets(`${NEW}\nshort`)).toThrow('32 characters')
    expect(() => parseUploadSecrets('\n')).toThrow('32 characters')
  })
})
