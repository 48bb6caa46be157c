import { createHmac, timingSafeEqual } from 'node:crypto'
import type { SignedUpload, UploadLimits } from '../ports/blob-store.ts'
import type { UploadGate, UploadGrant } from '../ports/upload-gate.ts'
import { lasting, type Secret } from '../runtime/secrets.ts'
import { keySegments } from './keys.ts'
import { StorageUrlError } from './storage-url-error.ts'

/** Where the api takes uploads for a store that has no HTTP endpoint of its own. */
export const UPLOAD_PATH = '/v1/uploads/content'

/** As long as the HMAC's own output: a shorter secret is the weakest link. */
const MIN_SECRET_LENGTH = 32
/** Longer than uploads are signed for: what was signed before a change stays good, and nothing else for longer. */
const FORMER_MS = 600_000

/**
 * The secrets in a text, one a line: the first signs, all of them let through.
 * @throws StorageUrlError when one is short
 */
export const parseUploadSecrets = (text: string): readonly string[] => {
  const secrets = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  if (secrets.length === 0 || secrets.some(({ length }) => length < MIN_SECRET_LENGTH))
    throw new StorageUrlError([`the upload secret needs ${MIN_SECRET_LENGTH} characters`])
  return secrets
}

/** What both ends of an upload through the api must agree on. */
export interface UploadSigning {
  /** shared by every api replica; at least 32 characters each, see `parseUploadSecrets` */
  readonly secret: string | Secret<readonly string[]>
  /** the address callers reach the api under, for example `https://checks.example.com` */
  readonly publicUrl: string
}

/** Signs uploads, and lets signed ones through. */
export interface UploadSigner extends UploadGate {
  /** @param now epoch ms */
  sign(key: string, limits: UploadLimits, now: number): SignedUpload
}

/** The version stands in front so that a later form of the text can never be mistaken for this one. */
const signedText = ({ key, contentType, maxBytes }: UploadGrant, expires: number): string =>
  JSON.stringify(['muster-upload-1', key, contentType, maxBytes, expires])

/** One way to write a number only, so that every signed query has one form. */
const wholeNumber = (text = ''): number => (/^(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : Number.NaN)

const equal = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/**
 * Uploads that by-pass the caller's request but not the api: an HMAC over key, type, size and expiry, in the query.
 * @throws StorageUrlError when the secret is short or the address is not http(s)
 */
export const createUploadSigner = ({ secret, publicUrl }: UploadSigning): UploadSigner => {
  const problems: string[] = []
  let secrets: Secret<readonly string[]> = lasting([])
  try {
    secrets = typeof secret === 'string' ? lasting(parseUploadSecrets(secret)) : secret
  } catch (error) {
    problems.push(...(error as StorageUrlError).problems)
  }
  if (!/^https?:\/\/[^/]/.test(publicUrl) || !URL.canParse(publicUrl))
    problems.push('the public address must begin with http:// or https://')
  if (problems.length > 0) throw new StorageUrlError(problems)
  const base = publicUrl.replace(/\/+$/, '')
  const signature = (by: string, grant: UploadGrant, expires: number): string =>
    createHmac('sha256', by).update(signedText(grant, expires)).digest('base64url')

  return {
    sign(key, { contentType, maxBytes, ttlMs }, now) {
      keySegments(key)
      const expires = Math.ceil((now + ttlMs) / 1000)
      const query = new URLSearchParams({
        key,
        type: contentType,
        max: String(maxBytes),
        expires: String(expires),
        signature: signature(secrets.now()[0] ?? '', { key, contentType, maxBytes }, expires),
      })
      return {
        url: `${base}${UPLOAD_PATH}?${query}`,
        method: 'PUT',
        headers: { 'content-type': contentType },
        expiresAt: expires * 1000,
      }
    },
    open({ key, type, max, expires, signature: given }, now) {
      const grant = { key: key ?? '', contentType: type ?? '', maxBytes: wholeNumber(max) }
      const until = wholeNumber(expires)
      const fits = (by: string): boolean => equal(given ?? '', signature(by, grant, until))
      // Another replica may have read a change before this one.
      const known = [...secrets.now(), ...secrets.before(FORMER_MS).flat()].some(fits) || secrets.renewed().some(fits)
      return known && now < until * 1000 ? grant : undefined
    },
  }
}
