/** What `list` knows of an object. */
export interface BlobEntry {
  readonly key: string
  readonly bytes: number
  /** epoch ms by the store's clock */
  readonly modifiedAt: number
}

/** What `head` knows of an object. */
export interface BlobInfo extends BlobEntry {
  readonly contentType: string
}

/** A short-lived permission to put one object without passing through the api. */
export interface SignedUpload {
  readonly url: string
  readonly method: 'PUT' | 'POST'
  /** headers the caller must send as they are */
  readonly headers: Readonly<Record<string, string>>
  /** form fields to send before the file; only with POST */
  readonly fields?: Readonly<Record<string, string>>
  /** epoch ms */
  readonly expiresAt: number
}

/** What a signed upload may be used for. */
export interface UploadLimits {
  readonly contentType: string
  readonly maxBytes: number
  /** stores count in whole seconds: rounded up to the next one */
  readonly ttlMs: number
}

/**
 * Where pictures lie. Keys are `/`-separated, of `[A-Za-z0-9._-]` segments; a segment is never `.` or `..`.
 * A key is never the folder of another one (`a` and `a/b`): servers that keep files underneath cannot hold both.
 * Every call ends within the adapter's own timeout, its retries included; of `list`, every page does.
 * @throws BlobNotFoundError from `get` only; `head` answers undefined and `delete` of nothing succeeds
 * @throws StorageDeniedError when the store refuses the credentials
 * @throws UnavailableError when it does not answer, answers late, or a stream breaks off
 * @throws BlobTooLargeError from `get` when the object has more bytes than the caller allowed
 * @throws InvalidKeyError for a key outside the alphabet, before anything is sent
 */
export interface BlobStore {
  /** Whole or not at all: a reader never sees half an object. Overwrites. */
  put(key: string, body: Uint8Array, contentType: string): Promise<void>
  /** The whole object; verified to have its announced length. */
  get(key: string, maxBytes?: number): Promise<Uint8Array>
  head(key: string): Promise<BlobInfo | undefined>
  delete(key: string): Promise<void>
  /** Objects whose key begins with the prefix, in key order (ASCII). `''` lists everything. */
  list(prefix: string): AsyncIterable<BlobEntry>
  signUpload(key: string, limits: UploadLimits): Promise<SignedUpload>
  close(): Promise<void>
}
