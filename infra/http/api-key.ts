import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'

const PREFIX = 'muster_live'
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const BASE = BigInt(ALPHABET.length)
/** 62^43 is the first power over 2^256: every 32 bytes fit. */
const SECRET_LENGTH = 43
const SECRET_BYTES = 32
const KEY_ID_LENGTH = 12
const KEY_ID_BYTES = 8
/** 62^6 is the first power over 2^32. */
const CHECKSUM_LENGTH = 6

const KEY = new RegExp(
  `^(${PREFIX}_([0-9A-Za-z]{${KEY_ID_LENGTH}})_([0-9A-Za-z]{${SECRET_LENGTH}}))([0-9A-Za-z]{${CHECKSUM_LENGTH}})$`,
)

const toBase62 = (value: bigint, length: number): string => {
  let digits = ''
  for (let rest = value; digits.length < length; rest /= BASE) digits = ALPHABET.charAt(Number(rest % BASE)) + digits
  return digits
}

const toNumber = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`)

const checksumOf = (text: string): string => toBase62(BigInt(crc32(text)), CHECKSUM_LENGTH)

/** The two halves of a key: the public one that names it, and the one that proves it. */
export interface ApiKeyParts {
  readonly keyId: string
  readonly secret: string
}

/**
 * Make a key: `muster_live_<id>_<secret><checksum>`. The underscore keeps the whole key one word for a double-click, the
 * prefix and the checksum let secret scanners find it and let us refuse junk without a look-up.
 * @param random cryptographically strong bytes, as many as asked for
 * @returns the key as the caller gets it, once, and its halves
 * @source GitHub, "Behind GitHub's new authentication token formats", 2021-04-05
 */
export const makeApiKey = (random: (byteCount: number) => Uint8Array): ApiKeyParts & { readonly key: string } => {
  const keyId = toBase62(toNumber(random(KEY_ID_BYTES)), KEY_ID_LENGTH)
  const secret = toBase62(toNumber(random(SECRET_BYTES)), SECRET_LENGTH)
  const body = `${PREFIX}_${keyId}_${secret}`
  return { key: body + checksumOf(body), keyId, secret }
}

/** Take a key apart. @returns undefined when it is malformed or its checksum does not fit */
export const parseApiKey = (text: string): ApiKeyParts | undefined => {
  const [, body = '', keyId = '', secret = '', checksum] = KEY.exec(text) ?? []
  return body !== '' && checksumOf(body) === checksum ? { keyId, secret } : undefined
}

/**
 * Hex SHA-256 of a secret: all that is stored of it. A slow hash protects guessable passwords; these are 256 random bits.
 */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex')
