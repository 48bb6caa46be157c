import { CRC32C, Storage, type StorageOptions } from '@google-cloud/storage'

/** Whom to call, and as whom. */
export interface GcsAccess {
  /** absent: Google. A server under another domain gets no credentials, unless a key file or a client is given */
  readonly endpoint?: string | undefined
  /** path of a service account's key; absent: application default credentials, GOOGLE_APPLICATION_CREDENTIALS first */
  readonly keyFile?: string | undefined
  /** what such a file holds; wins over it */
  readonly key?: object | undefined
  /** who to be, when neither fits */
  readonly authClient?: StorageOptions['authClient'] | undefined
}

/** An answer other than 2xx, in Google's words. */
export class GcsFailure extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** One request: a path below the endpoint, and what goes with it. */
export interface GcsRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly contentType?: string
  readonly body?: Uint8Array
  readonly signal: AbortSignal
}

/** Google's client for who we are and what we sign; the JSON API itself is called with `fetch`. */
export interface GcsApi {
  readonly storage: Storage
  /** @throws GcsFailure for an answer other than 2xx */
  call(request: GcsRequest): Promise<Response>
}

const failureOf = async (response: Response): Promise<GcsFailure> => {
  const text = await response.text()
  try {
    const { error } = JSON.parse(text) as { error: { message: string } }
    return new GcsFailure(response.status, error.message)
  } catch {
    return new GcsFailure(response.status, text) // downloads answer errors in plain words
  }
}

/**
 * Reach Google Cloud Storage. Requests are made here and not by its client, because those of 8.4 do not end: the
 * client's `timeout` is ignored, there is no signal to give, and every larger download leaves a process warning.
 * @source Google Cloud Storage JSON API v1
 */
export const openGcsApi = ({ endpoint, keyFile, key, authClient }: GcsAccess): GcsApi => {
  const storage = new Storage({
    ...(endpoint === undefined ? {} : { apiEndpoint: endpoint }),
    ...(key !== undefined ? { credentials: key } : keyFile === undefined ? {} : { keyFilename: keyFile }),
    ...(authClient === undefined ? {} : { authClient }),
  })
  const elsewhere = !new URL(storage.apiEndpoint).hostname.endsWith(`.${storage.universeDomain}`)
  const anonymous = elsewhere && keyFile === undefined && key === undefined && authClient === undefined
  return {
    storage,
    async call({ method, path, query = {}, contentType, body, signal }) {
      const url = new URL(storage.apiEndpoint + path)
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
      const headers = anonymous ? new Headers() : new Headers(await storage.authClient.getRequestHeaders(url.href))
      if (contentType !== undefined) headers.set('content-type', contentType)
      const init = body === undefined ? {} : { body: Buffer.from(body.buffer, body.byteOffset, body.byteLength) }
      // Elsewhere is where credentials must not be carried to.
      const response = await fetch(url, { method, headers, signal, redirect: 'error', ...init } as RequestInit)
      if (!response.ok) throw await failureOf(response)
      return response
    },
  }
}

/** The checksum Google keeps of every object: CRC32C, big-endian, Base64. */
export const crc32cOf = (bytes: Uint8Array): string => {
  const sum = new CRC32C()
  sum.update(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  return sum.toString()
}
