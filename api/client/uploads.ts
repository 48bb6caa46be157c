import { ConfigurationError } from './errors.ts'
import type { CallOptions, RunCall } from './jobs.ts'
import { type Picture, preparePicture, type UploadedPicture } from './picture.ts'
import { Scope, systemTimers } from './scope.ts'
import type { Settings } from './settings.ts'
import { invalidAnswer, type Request, Transport } from './transport.ts'

/** A short-lived permission to upload one picture. Plain data: hand it to a browser, which needs no API key to use it. */
export interface SignedUpload extends UploadedPicture {
  /** where the picture goes; holds the signature, so treat it as a secret while it lasts */
  readonly url: string
  readonly method: 'PUT' | 'POST'
  /** headers to send as they are */
  readonly headers: Readonly<Record<string, string>>
  /** form fields to send before the file; only with POST */
  readonly fields?: Readonly<Record<string, string>>
  /** ISO 8601 */
  readonly expiresAt: string
}

const asSigned = (body: unknown): SignedUpload | undefined => {
  const { uploadId, url, method, headers } = (body ?? {}) as Partial<SignedUpload>
  if (typeof uploadId !== 'string' || typeof url !== 'string') return undefined
  if (method !== 'PUT' && method !== 'POST') return undefined
  return { ...(body as SignedUpload), headers: headers ?? {} }
}

const formOf = (fields: Readonly<Record<string, string>>, blob: Blob): FormData => {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  // Object stores ignore whatever follows the file, and want it under this name.
  form.append('file', blob, 'picture')
  return form
}

const requestOf = ({ method, url, headers, fields }: SignedUpload, blob: Blob): Request => {
  const body = method === 'PUT' ? blob : formOf(fields ?? {}, blob)
  return { method, to: url, headers, body, bodyBytes: blob.size }
}

/** Pictures that go straight to object storage, past the api. */
export class Uploads {
  readonly #transport: Transport
  readonly #run: RunCall
  readonly #settings: Pick<Settings, 'baseUrl' | 'maxPictureBytes'>
  constructor(transport: Transport, run: RunCall, settings: Pick<Settings, 'baseUrl' | 'maxPictureBytes'>) {
    this.#transport = transport
    this.#run = run
    this.#settings = settings
  }

  /** Upload a picture. @returns what can be given as a picture to any check @throws PictureError and as `sign` */
  create(picture: Picture, options?: CallOptions): Promise<UploadedPicture> {
    return this.#run(options, async (scope) => {
      const prepared = await preparePicture('picture', picture, this.#settings.maxPictureBytes, scope)
      if (!('blob' in prepared)) return prepared
      const signed = await this.#sign(prepared.blob.type, scope, options?.maxRetries)
      await this.#transport.send(requestOf(signed, prepared.blob), scope, options?.maxRetries)
      return { uploadId: signed.uploadId }
    })
  }

  /** Get a permission to upload one picture, for `sendUpload` elsewhere. @param contentType for example `image/jpeg` */
  sign(contentType: string, options?: CallOptions): Promise<SignedUpload> {
    return this.#run(options, (scope) => this.#sign(contentType, scope, options?.maxRetries))
  }

  async #sign(contentType: string, scope: Scope, maxRetries: number | undefined): Promise<SignedUpload> {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ contentType })
    const answer = await this.#transport.send({ method: 'POST', to: '/v1/uploads', headers, body }, scope, maxRetries)
    const signed = asSigned(answer.body)
    if (!signed) throw invalidAnswer(answer, scope, 'it is not a signed upload')
    return { ...signed, url: new URL(signed.url, this.#settings.baseUrl).href }
  }
}

/** For a browser that sends one picture, often by a phone's uplink. */
const SEND_TIMEOUT_MS = 120_000

/**
 * Upload a picture with a permission that somebody else got by `uploads.sign`. Needs no API key.
 * @returns what can be given as a picture to any check
 * @throws PictureError when the picture cannot be read
 * @throws PermissionDeniedError when the permission has run out
 */
export const sendUpload = async (
  signed: SignedUpload,
  picture: Picture,
  options: CallOptions & { readonly fetch?: typeof globalThis.fetch } = {},
): Promise<UploadedPicture> => {
  if (!URL.canParse(signed.url)) throw new ConfigurationError('the signed upload holds no whole url')
  const { fetch = (...args) => globalThis.fetch(...args), maxRetries = 2, timeoutMs = SEND_TIMEOUT_MS } = options
  const transport = new Transport({ apiKey: '', baseUrl: '', maxRetries, fetch, onExchange: undefined })
  const scope = new Scope(systemTimers, timeoutMs, options.signal)
  try {
    const prepared = await preparePicture('picture', picture, Number.POSITIVE_INFINITY, scope)
    if (!('blob' in prepared)) return prepared
    await transport.send(requestOf(signed, prepared.blob), scope)
    return { uploadId: signed.uploadId }
  } finally {
    scope.end()
  }
}
