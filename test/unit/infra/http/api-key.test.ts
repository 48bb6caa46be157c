import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { hashSecret, makeApiKey, parseApiKey } from '../../../../infra/http/api-key.ts'

const VALID = makeApiKey(() => new Uint8Array(32).fill(7)).key

it('makes keys that it can take apart again', () => {
  for (let round = 0; round < 200; round += 1) {
    const { key, keyId, secret } = makeApiKey(randomBytes)
    expect(key).toMatch(/^muster_live_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/)
    expect(parseApiKey(key)).toEqual({ keyId, secret })
  }
})

it('pads small numbers to the full length and holds the largest', () => {
  for (const byte of [0, 255]) {
    const { key, secret } = makeApiKey((byteCount) => new Uint8Array(byteCount).fill(byte))
    expect(secret).toHaveLength(43)
    expect(parseApiKey(key)?.secret).toBe(secret)
  }
})

it.each([
  ['nothing', ''],
  ['another prefix', VALID.replace('muster_live', 'muster_test')],
  ['a missing character', VALID.slice(0, -1)],
  ['one character too many', `${VALID}0`],
  ['a changed secret', VALID.slice(0, 40) + (VALID[40] === 'A' ? 'B' : 'A') + VALID.slice(41)],
  ['a changed checksum', VALID.slice(0, -1) + (VALID.endsWith('0') ? '1' : '0')],
  ['a changed id', VALID.replace(/live_./, 'live_!')],
  ['spaces around it', ` ${VALID} `],
])('refuses a key with %s', (_what, text) => {
  expect(parseApiKey(text)).toBeUndefined()
})

it('hashes secrets with SHA-256', () => {
  expect(hashSecret('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})
