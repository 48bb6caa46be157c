import { createCipheriv, createDecipheriv } from 'node:crypto'
import { SealBrokenError } from '../domain/errors.ts'

/** Of AES-256. */
export const KEY_BYTES = 32
/** What GCM was made for; any other length is hashed first. @source NIST SP 800-38D section 5.2.1.1 */
export const NONCE_BYTES = 12
const TAG_BYTES = 16
const CIPHER = 'aes-256-gcm'

/** "Muster sealed", and the version of what follows: nonce, cipher text, tag. */
const HEADER = Buffer.from([0x4d, 0x53, 0x45, 0x01])

/** What sealing adds, whatever is sealed. */
export const OVERHEAD_BYTES = HEADER.length + NONCE_BYTES + TAG_BYTES

const associated = (context: string): Buffer => Buffer.concat([HEADER, Buffer.from(context)])

/**
 * Encrypt and authenticate with AES-256-GCM. Pure: the nonce comes from outside and must never be used twice with a key.
 * @param context is not kept in the seal, and must be the same to open it
 */
export const seal = (key: Uint8Array, nonce: Uint8Array, plain: Uint8Array, context: string): Uint8Array => {
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(associated(context))
  return Buffer.concat([HEADER, nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** What was sealed. @throws SealBrokenError when one bit of seal, key or context is another */
export const open = (key: Uint8Array, sealed: Uint8Array, context: string): Uint8Array => {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
  if (bytes.length < OVERHEAD_BYTES || !bytes.subarray(0, HEADER.length).equals(HEADER)) throw new SealBrokenError()
  const nonce = bytes.subarray(HEADER.length, HEADER.length + NONCE_BYTES)
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
    .setAAD(associated(context))
    .setAuthTag(bytes.subarray(-TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(HEADER.length + NONCE_BYTES, -TAG_BYTES)), decipher.final()])
  } catch (error) {
    throw new SealBrokenError(error)
  }
}
