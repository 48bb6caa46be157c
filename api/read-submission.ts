import type { Multipart, MultipartFile } from '@fastify/multipart'
import { InputError } from '../infra/domain/errors.ts'
import { outcome } from '../infra/domain/outcomes.ts'
import { RequestError } from '../infra/http/request-error.ts'
import type { ReceivedPicture } from './store-pictures.ts'

/** A file of a form. A class, so that no JSON body can pretend to be one. */
export class FormFile {
  readonly bytes: Uint8Array
  readonly contentType: string | undefined
  constructor(bytes: Uint8Array, contentType: string | undefined) {
    this.bytes = bytes
    this.contentType = contentType
  }
}

/** A request body after its schema was checked: pictures under their names, options beside them. */
export type SubmissionBody = Readonly<Record<string, unknown>>

/** What clients send when they know no better: as good as no claim. */
const NO_CLAIM: ReadonlySet<string> = new Set(['application/octet-stream', 'binary/octet-stream', ''])

const invalid = (pointer: string, detail: string, cause?: unknown): RequestError =>
  new RequestError('INVALID_REQUEST', 'the body does not fit this call', { faults: [{ pointer, detail }], cause })

/** To the limit and no further: what comes behind it may never end. */
const readFile = async ({ file, fieldname }: MultipartFile): Promise<Uint8Array> => {
  file.once('limit', () => file.destroy(new InputError(outcome('PICTURE_TOO_LARGE', fieldname))))
  const chunks: Buffer[] = []
  for await (const chunk of file) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const readPart = async (part: Multipart): Promise<unknown> => {
  if (part.type === 'file') {
    const bytes = await readFile(part)
    return new FormFile(bytes, NO_CLAIM.has(part.mimetype) ? undefined : part.mimetype)
  }
  if (part.fieldnameTruncated || part.valueTruncated) throw invalid('', 'has a field that is too long')
  return part.value
}

/** What the multipart parser says of a form, in our words. Anything it does not name is a form it could not read. */
const translate = (error: unknown, lastName: string | undefined): Error => {
  if (error instanceof RequestError || error instanceof InputError) return error
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'FST_REQ_FILE_TOO_LARGE') return new InputError(outcome('PICTURE_TOO_LARGE', lastName))
  if (code === 'FST_PARTS_LIMIT' || code === 'FST_FILES_LIMIT' || code === 'FST_FIELDS_LIMIT')
    return invalid('', 'has more parts than this call takes', error)
  return new RequestError('MALFORMED_BODY', 'the form cannot be read', { cause: error })
}

/**
 * Read a multipart form into a body of the same shape as JSON has.
 * @param known the names this call takes: a file under another one is not even read
 * @throws RequestError INVALID_REQUEST, MALFORMED_BODY @throws InputError PICTURE_TOO_LARGE
 */
export const readForm = async (parts: AsyncIterable<Multipart>, known: readonly string[]): Promise<SubmissionBody> => {
  const body = new Map<string, unknown>()
  let name: string | undefined
  try {
    for await (const part of parts) {
      if (!known.includes(part.fieldname)) throw invalid('', 'has a part that this call does not take')
      name = part.fieldname
      if (body.has(name)) throw invalid(`/${name}`, 'was sent twice')
      body.set(name, await readPart(part))
    }
  } catch (error) {
    throw translate(error, name)
  }
  return Object.fromEntries(body)
}

const fromBase64 = (name: string, text: string, maxBytes: number): Uint8Array => {
  const byteLength = Buffer.byteLength(text, 'base64')
  if (byteLength > maxBytes) throw new InputError(outcome('PICTURE_TOO_LARGE', name))
  const bytes = Buffer.from(text, 'base64')
  // The decoder passes over what is not base64, and so gives fewer bytes than the text announced.
  if (bytes.length !== byteLength)
    throw invalid(`/${name}/base64`, 'must be base64 alone: no line breaks and no `data:` in front')
  return bytes
}

const pictureOf = (name: string, value: unknown, maxBytes: number): ReceivedPicture => {
  if (value instanceof FormFile) return { kind: 'bytes', name, bytes: value.bytes, contentType: value.contentType }
  const { base64, uploadId } = (value ?? {}) as { readonly base64?: string; readonly uploadId?: string }
  if (typeof uploadId === 'string') return { kind: 'upload', name, uploadId }
  if (typeof base64 === 'string')
    return { kind: 'bytes', name, bytes: fromBase64(name, base64, maxBytes), contentType: undefined }
  throw invalid(`/${name}`, 'must be a file, or an object with `base64` or `uploadId`')
}

/**
 * The pictures of a body.
 * @param maxBytes of one picture
 * @throws RequestError INVALID_REQUEST @throws InputError PICTURE_TOO_LARGE
 */
export const picturesOf = (body: SubmissionBody, names: readonly string[], maxBytes: number): ReceivedPicture[] =>
  names.map((name) => pictureOf(name, body[name], maxBytes))
