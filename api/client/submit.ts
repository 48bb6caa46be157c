import type { PreparedPicture } from './picture.ts'

/** A submission's body, in a form that can be sent any number of times. */
export interface Submission {
  readonly body: FormData | string
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: number
}

/** What goes along with the pictures, by field name. */
export type SubmissionOptions = Readonly<Record<string, string | boolean | number>>

/** `btoa` takes a string of one character a byte; built in slices, as a call takes only so many arguments. */
const SLICE_BYTES = 0x8000

const toBase64 = async (blob: Blob): Promise<string> => {
  const bytes = new Uint8Array(await blob.arrayBuffer())
  let binary = ''
  for (let at = 0; at < bytes.length; at += SLICE_BYTES)
    binary += String.fromCharCode(...bytes.subarray(at, at + SLICE_BYTES))
  return btoa(binary)
}

const multipart = (pictures: readonly (readonly [string, Blob])[], options: SubmissionOptions) => {
  const form = new FormData()
  // Options first: the service knows them before the pictures stream in.
  for (const [name, value] of Object.entries(options)) form.append(name, String(value))
  // The file's own name stays here: it often holds a person's.
  for (const [name, blob] of pictures) form.append(name, blob, name)
  return { body: form, headers: {}, bytes: pictures.reduce((sum, [, { size }]) => sum + size, 0) }
}

/**
 * Build a submission: multipart, or JSON where a picture was uploaded before, because only JSON can name an upload.
 * @param pictures by field name
 */
export const buildSubmission = async (
  pictures: Readonly<Record<string, PreparedPicture>>,
  options: SubmissionOptions,
): Promise<Submission> => {
  const entries = Object.entries(pictures)
  const blobs = entries.flatMap(([name, picture]) => ('blob' in picture ? [[name, picture.blob] as const] : []))
  if (blobs.length === entries.length) return multipart(blobs, options)
  const members: Record<string, unknown> = { ...options }
  for (const [name, picture] of entries)
    members[name] = 'blob' in picture ? { base64: await toBase64(picture.blob) } : { uploadId: picture.uploadId }
  const body = JSON.stringify(members)
  return { body, headers: { 'content-type': 'application/json' }, bytes: body.length }
}
