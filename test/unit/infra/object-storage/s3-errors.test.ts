import { expect, it } from 'vitest'
import { translateS3 } from '../../../../infra/object-storage/s3-errors.ts'

const status = (httpStatusCode: number) => ({ $metadata: { httpStatusCode } })

it.each<[string, unknown, string | undefined, string]>([
  ["the SDK's missing object", { name: 'NoSuchKey', ...status(404) }, 'a', 'BLOB_NOT_FOUND'],
  ["the SDK's missing object, by HEAD", { name: 'NotFound', ...status(404) }, 'a', 'BLOB_NOT_FOUND'],
  ["MinIO's missing object", { name: 'S3Error', code: 'NoSuchKey' }, 'a', 'BLOB_NOT_FOUND'],
  ['a missing object in words of its own', { name: 'Gone', ...status(404) }, 'a', 'BLOB_NOT_FOUND'],
  ['a missing bucket', { name: 'NoSuchBucket', ...status(404) }, 'a', 'UNAVAILABLE'],
  ['nothing found by a listing', { name: 'NotFound', ...status(404) }, undefined, 'UNAVAILABLE'],
  ['an unknown key', { name: 'InvalidAccessKeyId', ...status(403) }, 'a', 'STORAGE_DENIED'],
  ['a refusal without words', { name: 'Unknown', ...status(403) }, 'a', 'STORAGE_DENIED'],
  ['an expired token', { name: 'S3Error', code: 'ExpiredToken' }, 'a', 'STORAGE_DENIED'],
  ['another region', { name: 'AuthorizationHeaderMalformed', ...status(400) }, 'a', 'STORAGE_DENIED'],
  ['no credentials at all', { name: 'CredentialsProviderError' }, 'a', 'STORAGE_DENIED'],
  ['a clock that is off', { name: 'RequestTimeTooSkewed', ...status(403) }, 'a', 'UNAVAILABLE'],
  ['too many requests', { name: 'SlowDown', ...status(503) }, 'a', 'UNAVAILABLE'],
  ['a lost connection', { name: 'Error', code: 'ECONNRESET' }, 'a', 'UNAVAILABLE'],
  ['nothing at all', undefined, 'a', 'UNAVAILABLE'],
])('%s is told as what it is', (_, error, key, code) => {
  expect(translateS3(error, key)).toMatchObject({ code })
})
