import { PictureError } from './errors.ts'
import type { Scope } from './scope.ts'

/** A picture as base64 text; a `data:` URL is taken too. */
export interface Base64Picture {
  readonly base64: string
}

/** A picture that was uploaded before: see `uploads`. */
export interface UploadedPicture {
  readonly uploadId: string
}

/**
 * A picture in any of the forms an application may have it in: the path of a file (not in browsers), a Blob or File,
 * bytes, a web or Node stream, base64 text, or an earlier upload. Streams are read to their end once.
 */
export type Picture =
  | string
  | Blob
  | Uint8Array
  | ArrayBuffer
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | Base64Picture
  | UploadedPicture

/** A picture ready to be sent, as often as it takes. */
export type PreparedPicture = { readonly blob: Blob } | UploadedPicture

/** Two words that name the file, its path kept out of the message: file names often hold a person's name. */
const notRead = (name: string, why: string, cause?: unknown) => new PictureError('PICTURE_NOT_READ', name, why, cause)

/** Longer than any path: somebody passed the picture itself as text. */
const LONGEST_PATH = 4096

const MAGIC: readonly (readonly [type: string, offset: number, bytes: readonly number[]])[] = [
  ['image/jpeg', 0, [0xff, 0xd8, 0xff]],
  ['image/png', 0, [0x89, 0x50, 0x4e, 0x47]],
  ['image/webp', 8, [0x57, 0x45, 0x42, 0x50]],
]
const MAGIC_BYTES = 12

/**
 * The content type by the first bytes. File names and given types are often wrong; bytes are not.
 * @param head the first 12 bytes
 * @returns undefined when it is none of the types the service takes
 */
export const contentTypeOf = (head: Uint8Array): string | undefined =>
  MAGIC.find(([, offset, bytes]) => bytes.every((byte, index) => head[offset + index] === byte))?.[0]

type FileReader = {
  readFile(path: string): Promise<Uint8Array>
  stat(path: string): Promise<{ readonly size: number }>
}

const readPath = async (name: string, path: string, maxBytes: number): Promise<Uint8Array> => {
  if (path.startsWith('data:') || path.length > LONGEST_PATH)
    throw notRead(name, 'a string is taken as a path; pass base64 text as { base64 }')
  // In a variable, so that bundlers for the browser do not look for the module.
  const module = 'node:fs/promises'
  let files: FileReader
  try {
    files = (await import(/* @vite-ignore */ /* webpackIgnore: true */ module)) as FileReader
  } catch (cause) {
    throw notRead(name, 'a path cannot be read in a browser; pass a File or Blob', cause)
  }
  try {
    const { size } = await files.stat(path)
    return size > maxBytes ? tooLarge(name, maxBytes) : await files.readFile(path)
  } catch (cause) {
    if (cause instanceof PictureError) throw cause
    throw notRead(name, `the file cannot be read (${(cause as { code?: string }).code ?? 'unknown reason'})`, cause)
  }
}

const tooLarge = (name: string, maxBytes: number): never => {
  throw new PictureError('PICTURE_TOO_LARGE', name, `the picture has more than ${maxBytes} bytes`)
}

const decodeBase64 = (name: string, text: string): Uint8Array => {
  const body = text
    .replace(/^data:[^,]*;base64,/i, '')
    .replaceAll('-', '+')
    .replaceAll('_', '/')
  let binary: string
  try {
    binary = atob(body)
  } catch {
    // No cause: the platform's error may quote the text, which is the picture.
    throw notRead(name, 'the text is not base64')
  }
  return Uint8Array.from(binary, (char) => char.charCodeAt(0))
}

async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  // By reader, because not every browser can iterate a stream.
  const reader = stream.getReader()
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) yield step.value
  } finally {
    await reader.cancel()
  }
}

const collect = async (name: string, chunks: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Blob> => {
  const parts: Uint8Array<ArrayBuffer>[] = []
  let byteCount = 0
  try {
    for await (const chunk of chunks) {
      if (!(chunk instanceof Uint8Array)) throw new TypeError('the stream yields something other than bytes')
      byteCount += chunk.byteLength
      if (byteCount > maxBytes) tooLarge(name, maxBytes)
      parts.push(new Uint8Array(chunk))
    }
  } catch (cause) {
    throw cause instanceof PictureError ? cause : notRead(name, 'the stream broke off or does not yield bytes', cause)
  }
  return new Blob(parts)
}

/** Copied, so that bytes the caller reuses meanwhile do not change what a retry sends. */
const blobOf = (bytes: Uint8Array): Blob => new Blob([new Uint8Array(bytes)])

const read = async (name: string, picture: Exclude<Picture, UploadedPicture>, maxBytes: number): Promise<Blob> => {
  if (typeof picture === 'string') return blobOf(await readPath(name, picture, maxBytes))
  if (picture instanceof Blob) return picture
  if (picture instanceof Uint8Array) return blobOf(picture)
  if (picture instanceof ArrayBuffer) return blobOf(new Uint8Array(picture))
  if (typeof picture === 'object' && picture !== null) {
    if ('base64' in picture && typeof picture.base64 === 'string') return blobOf(decodeBase64(name, picture.base64))
    if ('getReader' in picture) return collect(name, chunksOf(picture), maxBytes)
    if (Symbol.asyncIterator in picture) return collect(name, picture, maxBytes)
  }
  throw notRead(name, 'it is missing, or none of the kinds of picture this client takes')
}

/**
 * Read a picture once, so that it can be sent many times.
 * @param name the field it is given as
 * @throws PictureError when it cannot be read, is empty, or has more than `maxBytes`
 */
export const preparePicture = async (
  name: string,
  picture: Picture,
  maxBytes: number,
  scope: Scope,
): Promise<PreparedPicture> => {
  if (typeof picture === 'object' && picture !== null && 'uploadId' in picture) return { uploadId: picture.uploadId }
  const blob = await scope.race(read(name, picture, maxBytes))
  if (blob.size === 0) throw new PictureError('PICTURE_EMPTY', name, 'the picture is empty, or was read before')
  if (blob.size > maxBytes) return tooLarge(name, maxBytes)
  const head = new Uint8Array(await scope.race(blob.slice(0, MAGIC_BYTES).arrayBuffer()))
  const type = contentTypeOf(head) ?? (blob.type || 'application/octet-stream')
  return { blob: blob.slice(0, blob.size, type) }
}
