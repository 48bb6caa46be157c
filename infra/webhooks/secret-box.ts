import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { SecretUnreadableError } from '../domain/errors.ts'
import type { SecretBox } from '../ports/secret-box.ts'

const CIPHER = 'aes-256-gcm'
const KEY_BYTES = 32
/** @source NIST SP 800-38D section 8.2 */
const NONCE_BYTES = 12
const TAG_BYTES = 16
const SEALED = /^aes256gcm:([0-9a-f]{8}):([A-Za-z0-9_-]+)$/
const PLAIN = 'plain:'

/** The bytes of a key as configuration carries it. @returns undefined when they are not 32 bytes in base64 */
export const keyBytesOf = (text: string): Buffer | undefined => {
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === KEY_BYTES && /^[A-Za-z0-9+/_-]+={0,2}$/.test(text) ? bytes : undefined
}

/** Tells which key sealed a secret, without telling the key. */
const idOf = (key: Buffer): string =>
  createHash('sha256').update('muster secret box').update(key).digest('hex').slice(0, 8)

const openPlain = (stored: string): string => {
  if (!stored.startsWith(PLAIN)) throw new SecretUnreadableError('no key is configured for what was sealed')
  return stored.slice(PLAIN.length)
}

/**
 * Seals with AES-256-GCM. Without a key secrets are stored as they are, marked so; with one, those are still read.
 * @param key 32 bytes
 */
export const createSecretBox = (key: Buffer | undefined): SecretBox => {
  if (!key) return { seal: (secret) => PLAIN + secret, open: openPlain }
  const id = idOf(key)
  return {
    seal(secret, context) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(context))
      const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
      return `aes256gcm:${id}:${Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64url')}`
    },
    open(stored, context) {
      const [, sealedBy, text = ''] = SEALED.exec(stored) ?? []
      if (sealedBy === undefined) return openPlain(stored)
      if (sealedBy !== id) throw new SecretUnreadableError('another key sealed it')
      const bytes = Buffer.from(text, 'base64url')
      const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
      try {
        decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-TAG_BYTES))
        const opened = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8')
        return opened + decipher.final('utf8')
      } catch (error) {
        throw new SecretUnreadableError('it was changed, or belongs to something else', error)
      }
    },
  }
}
