import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { SecretUnreadableError } from '../domain/errors.ts'
import type { SecretBox } from '../ports/secret-box.ts'
import type { Secret } from '../runtime/secrets.ts'

const CIPHER = 'aes-256-gcm'
const KEY_BYTES = 32
/** @source NIST SP 800-38D section 8.2 */
const NONCE_BYTES = 12
const TAG_BYTES = 16
const SEALED = /^aes256gcm:([0-9a-f]{8}):([A-Za-z0-9_-]+)$/
const PLAIN = 'plain:'

const KEY = /^[A-Za-z0-9+/_-]+={0,2}$/

/** The keys that configuration carries, apart by spaces or commas. @returns undefined when one is not 32 bytes in base64 */
export const keysOf = (text: string): readonly Buffer[] | undefined => {
  const words = text.split(/[\s,]+/).filter((word) => word !== '')
  const keys = words.map((word) => Buffer.from(word, 'base64'))
  const usable = words.every((word) => KEY.test(word)) && keys.every(({ length }) => length === KEY_BYTES)
  return usable && keys.length > 0 ? keys : undefined
}

/** Which keys a text of keys holds, the present one first, without telling one; none for a text that is none. */
export const keyIdsOf = (text: string): readonly string[] => (keysOf(text) ?? []).map(idOf)

/** Tells which key sealed a secret, without telling the key. */
const idOf = (key: Buffer): string =>
  createHash('sha256').update('muster secret box').update(key).digest('hex').slice(0, 8)

const openPlain = (stored: string): string => {
  if (!stored.startsWith(PLAIN)) throw new SecretUnreadableError('no key is configured for what was sealed')
  return stored.slice(PLAIN.length)
}

const sealWith = (key: Buffer, secret: string, context: string): string => {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(context))
  const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
  return `aes256gcm:${idOf(key)}:${Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64url')}`
}

const openWith = (key: Buffer, bytes: Buffer, context: string): string => {
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  try {
    decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-TAG_BYTES))
    return decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
  } catch (error) {
    throw new SecretUnreadableError('it was changed, or belongs to something else', error)
  }
}

/**
 * Seals with AES-256-GCM. Without a key secrets are stored as they are, marked so; with one, those are still read.
 * @param keys 32 bytes each: the first seals, all of them open
 */
export const createSecretBox = (keys: readonly Buffer[] = []): SecretBox => {
  const [current] = keys
  if (!current) return { seal: (secret) => PLAIN + secret, open: openPlain }
  const byId = new Map(keys.map((key) => [idOf(key), key]))
  return {
    seal: (secret, context) => sealWith(current, secret, context),
    open(stored, context) {
      const [, sealedBy, text = ''] = SEALED.exec(stored) ?? []
      if (sealedBy === undefined) return openPlain(stored)
      const key = byId.get(sealedBy)
      if (!key) throw new SecretUnreadableError('another key sealed it')
      return openWith(key, Buffer.from(text, 'base64url'), context)
    },
  }
}

/** Was this sealed with the present one of these keys? */
export const isSealedBy = (keys: string, stored: string): boolean =>
  SEALED.exec(stored)?.[1] === keyIdsOf(keys)[0] && SEALED.test(stored)

/** The box of a text of keys. @throws SecretUnreadableError when one is not 32 bytes in base64 */
export const boxOf = (text: string): SecretBox => {
  const keys = keysOf(text)
  if (!keys) throw new SecretUnreadableError('WEBHOOK_SECRET_KEY is no key of 32 bytes in base64')
  return createSecretBox(keys)
}

/** Seals and opens with the keys as they are now; for what does not open they are looked at first. */
export const createFollowingBox = (boxes: Secret<SecretBox>): SecretBox => ({
  seal: (secret, context) => boxes.now().seal(secret, context),
  open(sealed, context) {
    try {
      return boxes.now().open(sealed, context)
    } catch (error) {
      if (!(error instanceof SecretUnreadableError)) throw error
      return boxes.renewed().open(sealed, context)
    }
  },
})
