import { describe, expect, it } from 'vitest'
import { parseStorageUrl, type StorageLocation } from '../../../../infra/object-storage/storage-url.ts'
import { StorageUrlError } from '../../../../infra/object-storage/storage-url-error.ts'

const S3 = { kind: 's3', region: undefined, endpoint: undefined, forcePathStyle: false, upload: 'post' } as const
const MINIO = { kind: 'minio', port: 9000, tls: true, region: undefined } as const

describe('a storage url', () => {
  it.each<[string, StorageLocation]>([
    ['file:///var/lib/muster/blobs', { kind: 'fs', root: '/var/lib/muster/blobs' }],
    ['file:///srv/two%20words/', { kind: 'fs', root: '/srv/two words/' }],
    ['file://localhost/srv/blobs', { kind: 'fs', root: '/srv/blobs' }],
    ['s3://pictures', { ...S3, bucket: 'pictures' }],
    ['s3://pictures?region=eu-central-1', { ...S3, bucket: 'pictures', region: 'eu-central-1' }],
    [
      's3://my.pictures?endpoint=https://s3.example.com:8443',
      { ...S3, bucket: 'my.pictures', endpoint: 'https://s3.example.com:8443', forcePathStyle: true },
    ],
    [
      's3://pictures?endpoint=https%3A%2F%2Fs3.example.com&forcePathStyle=false&upload=put',
      { ...S3, bucket: 'pictures', endpoint: 'https://s3.example.com', upload: 'put' },
    ],
    ['minio://store.internal/pictures', { ...MINIO, host: 'store.internal', bucket: 'pictures' }],
    [
      'minio://10.0.0.7:9443/pictures?tls=false&region=home',
      { ...MINIO, host: '10.0.0.7', port: 9443, tls: false, bucket: 'pictures', region: 'home' },
    ],
    ['gs://my_pictures', { kind: 'gcs', bucket: 'my_pictures', endpoint: undefined }],
    [
      'gs://pictures?endpoint=http://127.0.0.1:4443',
      { kind: 'gcs', bucket: 'pictures', endpoint: 'http://127.0.0.1:4443' },
    ],
  ])('reads %s', (text, location) => {
    expect(parseStorageUrl(text)).toEqual(location)
  })

  it.each<[string, RegExp[]]>([
    ['', [/write file:/]],
    ['pictures', [/write file:/]],
    ['ftp://host/pictures', [/write file:/]],
    ['/var/lib/blobs', [/write file:/]],
    ['file://host/blobs', [/three slashes/]],
    ['file:///', [/other than the root/]],
    ['file:///a%2Fb', [/other than the root/]],
    ['file:///blobs?mode=1', [/no parameter "mode"/]],
    ['s3://', [/the bucket must be/]],
    ['s3://UPPER', [/the bucket must be/]],
    ['s3://pictures/prefix', [/nothing may follow the bucket/]],
    ['s3://pictures?regoin=x', [/no parameter "regoin"/]],
    ['s3://pictures?region=a&region=b', [/region stands there twice/]],
    ['s3://pictures?forcePathStyle=yes', [/forcePathStyle must be true or false/]],
    ['s3://pictures?upload=form', [/upload must be post or put/]],
    ['s3://pictures?endpoint=s3.example.com', [/endpoint must begin with http/]],
    ['s3://pictures?endpoint=https://key:word@s3.example.com', [/credentials do not belong in the endpoint/]],
    ['s3://pictures#x', [/#/]],
    ['minio://store.internal', [/the bucket must be/]],
    ['minio://store.internal/a/b', [/the bucket must be/]],
    ['minio:///pictures', [/the host is missing/]],
    ['gs://pictures/prefix?tls=true', [/nothing may follow the bucket/, /no parameter "tls"/]],
    ['s3://key:word@X?upload=z', [/credentials do not belong/, /the bucket must be/, /upload must be/]],
  ])('refuses %j and says everything that is wrong', (text, expected) => {
    let problems: readonly string[] = []
    try {
      parseStorageUrl(text)
    } catch (error) {
      expect(error).toBeInstanceOf(StorageUrlError)
      problems = (error as StorageUrlError).problems
    }
    for (const rule of expected) expect(problems).toEqual(expect.arrayContaining([expect.stringMatching(rule)]))
  })

  it('repeats no value of the url: a password may stand in it', () => {
    const texts = [
      's3://key:sesame@pictures',
      'minio://key:sesame@host/b',
      's3://b?endpoint=http://k:sesame@h',
      'sesame',
    ]
    for (const text of texts) {
      const error = (() => {
        try {
          return parseStorageUrl(text)
        } catch (reason) {
          return reason
        }
      })()
      expect(error).toBeInstanceOf(StorageUrlError)
      expect(String(error)).not.toContain('sesame')
    }
  })
})
