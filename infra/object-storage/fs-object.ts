import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { BlobTooLargeError, UnavailableError } from '../domain/errors.ts'
import { SERVICE } from './bounded.ts'

/**
 * An object is one file: its bytes, then a fixed-size trailer of JSON padded with spaces. One file means one rename, so
 * bytes and type can never disagree; a trailer (not a header) lets any viewer open the picture.
 */
export const TRAILER_BYTES = 256
const FORMAT = 'muster-blob-1'

interface Trailer {
  readonly format: typeof FORMAT
  readonly contentType: string
  readonly bytes: number
  readonly crc32: number
}

/** What a stored file says of its object. */
export interface StoredInfo {
  readonly bytes: number
  readonly contentType: string
  readonly modifiedAt: number
}

const damaged = (): UnavailableError => new UnavailableError(SERVICE, new Error('the stored file is damaged'))

/** @throws RangeError when the content type does not fit the trailer */
const trailerOf = (body: Uint8Array, contentType: string): Buffer => {
  const trailer: Trailer = { format: FORMAT, contentType, bytes: body.length, crc32: crc32(body) }
  const text = Buffer.from(JSON.stringify(trailer))
  if (text.length > TRAILER_BYTES) throw new RangeError('the content type is too long')
  return Buffer.concat([text, Buffer.alloc(TRAILER_BYTES - text.length, ' ')])
}

/** @throws UnavailableError when it is not a trailer of a file of this size */
const parseTrailer = (bytes: Uint8Array, fileBytes: number): Trailer => {
  try {
    const trailer = JSON.parse(Buffer.from(bytes).toString()) as Trailer
    if (trailer.format === FORMAT && trailer.bytes === fileBytes - TRAILER_BYTES) return trailer
  } catch {
    // Not JSON: the same as any other damage.
  }
  throw damaged()
}

/** Write an object to a new file and see it on the disk before returning. */
export const writeObject = async (path: string, body: Uint8Array, contentType: string): Promise<void> => {
  const trailer = trailerOf(body, contentType)
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writev([body, trailer])
    await file.sync()
  } finally {
    await file.close()
  }
}

const withFile = async <T>(path: string, read: (file: FileHandle, fileBytes: number) => Promise<T>): Promise<T> => {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const { size } = await file.stat()
    if (size < TRAILER_BYTES) throw damaged()
    return await read(file, size)
  } finally {
    await file.close()
  }
}

/**
 * Read an object. The open file stays the one it was when a writer replaces it meanwhile.
 * @throws BlobTooLargeError before anything is read
 * @throws UnavailableError when the bytes are not those that were written
 */
export const readObject = (path: string, key: string, maxBytes: number): Promise<Uint8Array> =>
  withFile(path, async (file, fileBytes) => {
    if (fileBytes - TRAILER_BYTES > maxBytes) throw new BlobTooLargeError(key)
    const whole = new Uint8Array(fileBytes)
    for (let at = 0; at < fileBytes; ) {
      const { bytesRead } = await file.read(whole, at)
      if (bytesRead === 0) throw damaged()
      at += bytesRead
    }
    const trailer = parseTrailer(whole.subarray(fileBytes - TRAILER_BYTES), fileBytes)
    const body = whole.slice(0, trailer.bytes)
    if (crc32(body) !== trailer.crc32) throw damaged()
    return body
  })

/** Read what `head` needs: the trailer alone. */
export const readInfo = (path: string): Promise<StoredInfo> =>
  withFile(path, async (file, fileBytes) => {
    const bytes = new Uint8Array(TRAILER_BYTES)
    await file.read(bytes, 0, TRAILER_BYTES, fileBytes - TRAILER_BYTES)
    const { contentType } = parseTrailer(bytes, fileBytes)
    const { mtimeMs } = await file.stat()
    return { bytes: fileBytes - TRAILER_BYTES, contentType, modifiedAt: Math.floor(mtimeMs) }
  })
