import { type AppError, BlobNotFoundError, StorageDeniedError, UnavailableError } from '../domain/errors.ts'
import { SERVICE } from './bounded.ts'

/**
 * Codes that no retry mends: who we say we are, or where we say we sign for, is not accepted.
 * @source Amazon S3 API reference, "Error responses"; the last is the SDK's own, when it finds no credentials at all
 */
const DENIED = new Set([
  'AccessDenied',
  'AccountProblem',
  'AllAccessDisabled',
  'AuthorizationHeaderMalformed',
  'ExpiredToken',
  'Forbidden',
  'InvalidAccessKeyId',
  'InvalidSecurity',
  'InvalidToken',
  'NotSignedUp',
  'SignatureDoesNotMatch',
  'Unauthorized',
  'CredentialsProviderError',
])
const MISSING = new Set(['NoSuchKey', 'NotFound'])
/** Answered with 403, but the client corrects its clock by the answer's date: the next attempt can succeed. */
const CLOCK_SKEW = 'RequestTimeTooSkewed'

/** What the two S3 clients put on their errors. */
interface S3Failure {
  readonly name?: string
  readonly code?: string
  readonly $metadata?: { readonly httpStatusCode?: number }
}

/**
 * One translation for both S3 clients. A missing bucket is a server that is not ready, not a missing object.
 * @param key the object the call was about
 */
export const translateS3 = (error: unknown, key: string | undefined): AppError => {
  const { name = '', code = name, $metadata } = (error ?? {}) as S3Failure
  const status = $metadata?.httpStatusCode
  if (code === CLOCK_SKEW) return new UnavailableError(SERVICE, error)
  if (DENIED.has(code) || status === 401 || status === 403) return new StorageDeniedError(error)
  if (key !== undefined && (MISSING.has(code) || (status === 404 && code !== 'NoSuchBucket')))
    return new BlobNotFoundError(key)
  return new UnavailableError(SERVICE, error)
}
