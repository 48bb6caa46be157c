import { fileURLToPath } from 'node:url'
import { StorageUrlError } from './storage-url-error.ts'

/** Where objects lie, as `STORAGE_URL` says it. */
export type StorageLocation =
  | { readonly kind: 'fs'; readonly root: string }
  | {
      readonly kind: 's3'
      readonly bucket: string
      readonly region: string | undefined
      readonly endpoint: string | undefined
      readonly forcePathStyle: boolean
      readonly upload: 'post' | 'put'
    }
  | {
      readonly kind: 'minio'
      readonly host: string
      readonly port: number
      readonly tls: boolean
      readonly bucket: string
      readonly region: string | undefined
    }
  | { readonly kind: 'gcs'; readonly bucket: string; readonly endpoint: string | undefined }

/** MinIO's own default. */
const MINIO_PORT = 9000
/** @source Amazon S3 user guide, "General purpose bucket naming rules"; GCS allows underscores and long dotted names too */
const S3_BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/
const GCS_BUCKET = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/

const GRAMMAR =
  'write file:///folder, s3://bucket?region=&endpoint=&forcePathStyle=&upload=, minio://host:port/bucket?tls=&region=, or gs://bucket?endpoint='

/** Reads a url's parts and collects what is wrong with them, so that all of it can be said at once. */
class Parts {
  readonly problems: string[] = []
  readonly #url: URL

  constructor(url: URL) {
    this.#url = url
    if (url.username || url.password) this.problems.push('credentials do not belong in the url')
    if (url.hash) this.problems.push('a url with a # part is not understood')
  }

  /** Only these parameters, each at most once. */
  allow(...names: string[]): void {
    for (const name of new Set(this.#url.searchParams.keys())) {
      if (!names.includes(name)) this.problems.push(`no parameter ${JSON.stringify(name)} is known here`)
      else if (this.#url.searchParams.getAll(name).length > 1) this.problems.push(`${name} stands there twice`)
    }
  }

  text(name: string): string | undefined {
    return this.#url.searchParams.get(name) || undefined
  }

  oneOf<T extends string>(name: string, words: readonly T[], fallback: T): T {
    const text = this.text(name) ?? fallback
    const word = words.find((candidate) => candidate === text)
    if (word === undefined) this.problems.push(`${name} must be ${words.join(' or ')}`)
    return word ?? fallback
  }

  flag(name: string, fallback: boolean): boolean {
    return this.oneOf(name, ['true', 'false'], fallback ? 'true' : 'false') === 'true'
  }

  endpoint(): string | undefined {
    const text = this.text('endpoint')
    if (text === undefined) return undefined
    const url = URL.canParse(text) ? new URL(text) : undefined
    if (!url || !/^https?:$/.test(url.protocol)) this.problems.push('endpoint must begin with http:// or https://')
    else if (url.username || url.password) this.problems.push('credentials do not belong in the endpoint')
    return text
  }

  bucket(name: string, rule: RegExp): string {
    if (!rule.test(name)) this.problems.push('the bucket must be 3 or more of a-z, 0-9, dot and dash')
    return name
  }

  noPath(): void {
    if (this.#url.pathname.replace(/^\//, '') !== '')
      this.problems.push('nothing may follow the bucket: keys are made by the application')
  }
}

const fsLocation = (url: URL, parts: Parts): StorageLocation => {
  parts.allow()
  if (url.host !== '' && url.host !== 'localhost') parts.problems.push('a file url has three slashes: file:///folder')
  const encodedSlash = /%2f/i.test(url.pathname)
  if (encodedSlash || url.pathname === '/') parts.problems.push('the path must name a folder other than the root')
  return { kind: 'fs', root: encodedSlash || url.host !== '' ? '' : fileURLToPath(`file://${url.pathname}`) }
}

const s3Location = (url: URL, parts: Parts): StorageLocation => {
  parts.allow('region', 'endpoint', 'forcePathStyle', 'upload')
  parts.noPath()
  const endpoint = parts.endpoint()
  return {
    kind: 's3',
    bucket: parts.bucket(url.host, S3_BUCKET),
    region: parts.text('region'),
    endpoint,
    // Servers other than AWS rarely have a name for every bucket.
    forcePathStyle: parts.flag('forcePathStyle', endpoint !== undefined),
    upload: parts.oneOf('upload', ['post', 'put'], 'post'),
  }
}

const minioLocation = (url: URL, parts: Parts): StorageLocation => {
  parts.allow('tls', 'region')
  if (url.hostname === '') parts.problems.push('the host is missing: minio://host:port/bucket')
  return {
    kind: 'minio',
    host: url.hostname,
    port: url.port === '' ? MINIO_PORT : Number(url.port),
    tls: parts.flag('tls', true),
    bucket: parts.bucket(url.pathname.slice(1), S3_BUCKET),
    region: parts.text('region'),
  }
}

const gcsLocation = (url: URL, parts: Parts): StorageLocation => {
  parts.allow('endpoint')
  parts.noPath()
  return { kind: 'gcs', bucket: parts.bucket(url.host, GCS_BUCKET), endpoint: parts.endpoint() }
}

const KINDS: Readonly<Record<string, (url: URL, parts: Parts) => StorageLocation>> = {
  'file:': fsLocation,
  's3:': s3Location,
  'minio:': minioLocation,
  'gs:': gcsLocation,
}

/**
 * Read a storage url. Credentials never stand in it: urls end up in logs and process lists.
 * @throws StorageUrlError with every problem found
 */
export const parseStorageUrl = (text: string): StorageLocation => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const read = url && KINDS[url.protocol]
  if (!url || !read) throw new StorageUrlError([GRAMMAR])
  const parts = new Parts(url)
  const location = read(url, parts)
  if (parts.problems.length > 0) throw new StorageUrlError([...parts.problems, GRAMMAR])
  return location
}
