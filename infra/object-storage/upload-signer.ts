import { createHmac, timingSafeEqual } from 'node:crypto'
import type { SignedUpload, UploadLimits } from '../ports/blob-store.ts'
import type { UploadGate, UploadGrant } from '../ports/upload-gate.ts'
import { keySegments } from './keys.ts'
import { StorageUrlError } from './storage-url-error.ts'

/** Where the api takes uploads for a store that has no HTTP endpoint of its own. */
export const UPLOAD_PATH = '/v1/uploads/content'

/** As long as the HMAC's own output: a shorter secret is the weakest link. */
const MIN_SECRET_LENGTH = 32

/** What both ends of an upload through the api must agree on. */
export interface UploadSigning {
  /** shared by every api replica; at least 32 characters */
  readonly secret: string
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
  if (secret.length < MIN_SECRET_LENGTH) problems.push(`the upload secret needs ${MIN_SECRET_LENGTH} characters`)
  if (!/^https?:\/\/[^/]/.test(publicUrl) || !URL.canParse(publicUrl))
    problems.push('the public address must begin with http:// or https://')
  if (problems.length > 0) throw new StorageUrlError(problems)
  const base = publicUrl.replace(/\/+$/, '')
  const signature = (grant: UploadGrant, expires: number): string =>
    createHmac('sha256', secret).update(signedText(grant, expires)).digest('base64url')

  return {
    sign(key, { contentType, maxBytes, ttlMs }, now) {
      keySegments(key)
      const expires = Math.ceil((now + ttlMs) / 1000)
      const query = new URLSearchParams({
        key,
        type: contentType,
        max: String(maxBytes),
        expires: String(expires),
        signature: signature({ key, contentType, maxBytes }, expires),
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
      if (!equal(given ?? '', signature(grant, until))) return undefined
      return now < until * 1000 ? grant : undefined
    },
  }
}
