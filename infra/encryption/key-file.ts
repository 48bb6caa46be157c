import { randomBytes } from 'node:crypto'
import { AppError, KeyUnknownError } from '../domain/errors.ts'
import type { KeyWrap } from '../ports/key-wrap.ts'
import { KEY_BYTES, NONCE_BYTES, open, seal } from './sealed-bytes.ts'

/** The text is no list of keys. Never says what it holds. */
export class KeyFileInvalidError extends AppError {
  readonly code = 'KEY_FILE_INVALID'
  readonly retryable = false
}

const ENTRY = /^([A-Za-z0-9._-]{1,64}):([A-Za-z0-9+/]{43}=)$/

/**
 * Key-encryption keys by id, from a text of `id:key` entries apart by white space; the key is base64 of 32 random bytes.
 * The first one is the present one.
 * @throws KeyFileInvalidError
 */
export const parseKeys = (text: string): ReadonlyMap<string, Uint8Array> => {
  const keys = new Map<string, Uint8Array>()
  for (const [index, entry] of text.split(/\s+/).filter(Boolean).entries()) {
    const [, id, key] = ENTRY.exec(entry) ?? []
    if (id === undefined || key === undefined)
      throw new KeyFileInvalidError(`key ${index + 1} is not of the form id:base64 of ${KEY_BYTES} bytes`)
    if (keys.has(id)) throw new KeyFileInvalidError(`key ${index + 1} has the id of an earlier one`)
    keys.set(id, Buffer.from(key, 'base64'))
  }
  if (keys.size === 0) throw new KeyFileInvalidError('there is no key')
  return keys
}

/** A new key-encryption key as a line of such a text. */
export const newKeyLine = (id: string): string => `${id}:${randomBytes(KEY_BYTES).toString('base64')}`

/** The id is part of what is authenticated: a row that names another key is a broken one. */
const contextOf = (id: string, context: string): string => JSON.stringify(['key', id, context])

/**
 * Wraps data keys with keys from a file: the first one wraps, all of them unwrap. So a rotation is a new first line,
 * and an old line goes when the last job it wrapped is erased.
 * @throws KeyFileInvalidError
 */
export const createKeyFileWrap = (text: string): KeyWrap => {
  const keys = parseKeys(text)
  const [present] = keys
  if (!present) throw new KeyFileInvalidError('there is no key')
  return {
    async wrap(dataKey, context) {
      const [kek, key] = present
      const wrapped = seal(key, randomBytes(NONCE_BYTES), dataKey, contextOf(kek, context))
      return { kek, key: Buffer.from(wrapped).toString('base64') }
    },
    async unwrap({ kek, key: wrapped }, context) {
      const key = keys.get(kek)
      if (!key) throw new KeyUnknownError(kek)
      return open(key, Buffer.from(wrapped, 'base64'), contextOf(kek, context))
    },
  }
}
