import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { expect, it } from 'vitest'
import { COMMON_NAMES, commonOptionsOf, FORM_COMMON, JSON_COMMON } from '../../../api/common-options.ts'
import { canonicalJson } from '../../../api/fingerprint.ts'
import { parsePrefer, waitingFor } from '../../../api/prefer.ts'
import type { Json } from '../../../infra/domain/json.ts'
import { PoolsInvalidError, parsePools } from '../../../infra/domain/pools.ts'
import { makeApiKey, parseApiKey } from '../../../infra/http/api-key.ts'
import { requestIdOf } from '../../../infra/http/request-context.ts'
import { parseStorageUrl } from '../../../infra/object-storage/storage-url.ts'
import { StorageUrlError } from '../../../infra/object-storage/storage-url-error.ts'
import { UsageError } from '../../../scripts/exit-code.ts'
import { parseExpiry } from '../../../scripts/keys.ts'

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('__proto__', '\0', '"', ',=;'),
)

it('a preference that was applied repeats nothing of what was sent but a number', () => {
  const header = fc.oneof(
    text,
    fc.tuple(fc.constantFrom('wait=', 'respond-async', 'wait="'), text).map((pair) => pair.join('')),
  )
  fc.assert(
    fc.property(header, (sent) => {
      const { applied, waitMs, lane } = waitingFor(parsePrefer(sent))
      expect(applied ?? 'wait=0').toMatch(/^(wait=\d{1,2}|respond-async)(, cancel-on-disconnect)?$/)
      expect(waitMs >= 0 && waitMs <= 60_000 && ['interactive', 'bulk'].includes(lane)).toBe(true)
    }),
    { numRuns: 2_000 },
  )
})

it('a request id is the caller’s only where a log and a header can bear it', () => {
  fc.assert(
    fc.property(text, (sent) => {
      expect(requestIdOf({ headers: { 'x-request-id': sent } })).toMatch(/^[A-Za-z0-9._:-]{1,128}$/)
    }),
  )
})

it('a key with one character changed is no key', () => {
  fc.assert(
    fc.property(fc.nat(), fc.string({ minLength: 1, maxLength: 1 }), (at, other) => {
      const { key, keyId, secret } = makeApiKey(randomBytes)
      const place = at % key.length
      const changed = key.slice(0, place) + other + key.slice(place + 1)
      expect(parseApiKey(changed)).toEqual(changed === key ? { keyId, secret } : undefined)
    }),
  )
})

it('text is no key', () => {
  fc.assert(fc.property(text, (sent) => void expect(parseApiKey(`muster_live_${sent}`)).toBeUndefined()))
})

const shuffled = (value: Json): Json => {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(shuffled)
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, one]) => [name, shuffled(one)]),
  )
}

it('equal JSON has one canonical text, whatever the order of its members, and other JSON another', () => {
  const json = fc.jsonValue() as fc.Arbitrary<Json>
  fc.assert(
    fc.property(json, json, (one, other) => {
      expect(canonicalJson(shuffled(one))).toBe(canonicalJson(one))
      expect(JSON.parse(canonicalJson(one))).toEqual(JSON.parse(JSON.stringify(one)))
      const same = JSON.stringify(JSON.parse(canonicalJson(one))) === JSON.stringify(JSON.parse(canonicalJson(other)))
      expect(canonicalJson(one) === canonicalJson(other)).toBe(same)
    }),
  )
})

it('pools are read or refused, never half of each', () => {
  const words = fc.array(fc.oneof(text, fc.constantFrom('a=', 'gpu', 'ocr', ';', ',', '=', 'liveness')), {
    maxLength: 6,
  })
  fc.assert(
    fc.property(words, (some) => {
      try {
        for (const { name, tasks } of parsePools(some.join('')))
          expect([/^[\w.-]+$/.test(name), tasks.length > 0]).toEqual([true, true])
      } catch (error) {
        expect(error).toBeInstanceOf(PoolsInvalidError)
      }
    }),
    { numRuns: 1_000 },
  )
})

it('options of every check are kept unless the caller says otherwise', () => {
  const body = fc.dictionary(fc.constantFrom(...COMMON_NAMES, '__proto__'), fc.jsonValue())
  // The schema lets no other deadline come this far, and an object in its place may have no number.
  const deadline = fc.oneof(fc.constant(undefined), fc.nat(), fc.nat().map(String))
  fc.assert(
    fc.property(body, deadline, (others, deadlineMs) => {
      const some: Record<string, unknown> = { ...others, deadlineMs }
      expect(commonOptionsOf(some).keep).toBe(some.store !== false && some.store !== 'false')
    }),
  )
})

it('a form is refused the deadlines that JSON is refused', () => {
  const [ofForm, ofJson] = [Compile(Type.Object(FORM_COMMON)), Compile(Type.Object(JSON_COMMON))]
  const edges = fc.constantFrom(0, 999, 1_000, 9_999, 10_000, 86_399_999, 86_400_000, 86_400_001, 100_000_000)
  fc.assert(
    fc.property(fc.oneof(edges, fc.integer(), fc.nat(100_000_000)), (deadlineMs) => {
      const allowed = deadlineMs >= 1_000 && deadlineMs <= 86_400_000
      expect(ofJson.Check({ deadlineMs })).toBe(allowed)
      expect(ofForm.Check({ deadlineMs: String(deadlineMs) })).toBe(allowed)
    }),
    { numRuns: 2_000 },
  )
})

it('a storage address is read, or refused as one', () => {
  const scheme = fc.constantFrom('', 'file://', 's3://', 'minio://', 'gs://', 'gcs://', 'http://')
  fc.assert(
    fc.property(scheme, text, (start, rest) => {
      try {
        parseStorageUrl(start + rest)
      } catch (error) {
        expect(error).toBeInstanceOf(StorageUrlError)
      }
    }),
    { numRuns: 1_000 },
  )
})

it('a key expires at a moment to come, or the command is refused', () => {
  const now = Date.UTC(2026, 10, 21)
  const when = fc.oneof(
    text,
    fc.tuple(fc.integer(), fc.constantFrom('d', 'h', 'w', '')).map((pair) => pair.join('')),
  )
  fc.assert(
    fc.property(when, (some) => {
      try {
        const at = parseExpiry(some, now)
        expect(at > now && Number.isFinite(new Date(at).getTime())).toBe(true)
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError)
      }
    }),
    { numRuns: 1_000 },
  )
})
