import { InputError } from '../infra/domain/errors.ts'
import type { PictureRef, WrappedKey } from '../infra/domain/job.ts'
import { outcome } from '../infra/domain/outcomes.ts'
import { RequestError } from '../infra/http/request-error.ts'
import type { BlobStore } from '../infra/ports/blob-store.ts'
import type { Logger } from '../infra/ports/logger.ts'
import type { PictureCodec } from '../infra/ports/picture-codec.ts'
import type { JobSeal, PictureSealer } from '../infra/ports/picture-sealer.ts'
import { sha256 } from './fingerprint.ts'

/** A picture as it came with a request: its bytes, or the id of an upload that came before. */
export type ReceivedPicture =
  | {
      readonly kind: 'bytes'
      readonly name: string
      readonly bytes: Uint8Array
      /** the caller's claim; undefined when there was none */
      readonly contentType: string | undefined
    }
  | { readonly kind: 'upload'; readonly name: string; readonly uploadId: string }

/** Pictures a job can point at, and what the request is recognised by when it comes again. */
export interface StoredPictures {
  readonly refs: readonly PictureRef[]
  /** the key they are sealed with; absent when they are stored as they are */
  readonly sealed?: WrappedKey
  /** by field name: hex SHA-256 of the bytes received, or the upload's id */
  readonly prints: { readonly [name: string]: string }
}

/** Keys go on with a time-ordered id, so a listing comes oldest first and a sweep ends at the first that may stay. */
export const PICTURES_PREFIX = 'pictures/'
export const UPLOADS_PREFIX = 'uploads/'

/** Where an upload lies. The tenant is part of the key: an id of another tenant names nothing. */
export const uploadKey = (tenant: string, uploadId: string): string => `${UPLOADS_PREFIX}${uploadId}/${tenant}`

/** Checks and stores what a caller sent. */
export interface PictureStore {
  /**
   * All of them or none.
   * @throws InputError when one is not an acceptable picture
   * @throws RequestError UPLOAD_NOT_FOUND
   * @throws UnavailableError, StorageDeniedError from the blob store or the sealer
   */
  store(tenant: string, jobId: string, pictures: readonly ReceivedPicture[]): Promise<StoredPictures>
  /** Remove what `store` wrote. Never fails: what stays behind is swept when its time to live is over. */
  discard(refs: readonly PictureRef[]): Promise<void>
}

interface Prepared {
  readonly ref: PictureRef
  readonly print: string
  /** absent for uploads, which lie there already */
  readonly body?: Uint8Array
  readonly contentType?: string
}

/** What storing pictures needs. */
export interface PictureStoreDeps {
  readonly blobs: BlobStore
  readonly codec: PictureCodec
  readonly sealer: Pick<PictureSealer, 'begin'>
  readonly log: Logger
}

/** Sealed bytes are no picture to anybody who serves or previews them. */
const SEALED_TYPE = 'application/octet-stream'

/** @param maxBytes of one picture */
export const createPictureStore = ({ blobs, codec, sealer, log }: PictureStoreDeps, maxBytes: number): PictureStore => {
  const prepareUpload = async (tenant: string, name: string, uploadId: string): Promise<Prepared> => {
    const key = uploadKey(tenant, uploadId)
    const info = await blobs.head(key)
    if (!info)
      throw new RequestError('UPLOAD_NOT_FOUND', 'no such upload', {
        faults: [{ pointer: `/${name}/uploadId`, detail: 'names no upload that has arrived and is still stored' }],
      })
    if (info.bytes > maxBytes) throw new InputError(outcome('PICTURE_TOO_LARGE', name))
    return { ref: { name, key, sha256: null, bytes: info.bytes }, print: uploadId }
  }

  const prepare = async (tenant: string, jobId: string, picture: ReceivedPicture): Promise<Prepared> => {
    const { name } = picture
    if (picture.kind === 'upload') return prepareUpload(tenant, name, picture.uploadId)
    if (picture.bytes.length > maxBytes) throw new InputError(outcome('PICTURE_TOO_LARGE', name))
    const { bytes: body, contentType } = await codec.normalise(picture.bytes, picture.contentType, name)
    const key = `${PICTURES_PREFIX}${jobId}/${name}`
    const ref = { name, key, sha256: sha256(body), bytes: body.length }
    return { ref, print: sha256(picture.bytes), body, contentType }
  }

  const put = async ({ ref, body, contentType }: Prepared, { sealed, seal }: JobSeal): Promise<void> => {
    if (body && contentType) await blobs.put(ref.key, seal(ref.name, body), sealed ? SEALED_TYPE : contentType)
  }

  const discard = async (refs: readonly PictureRef[]): Promise<void> => {
    const own = refs.filter(({ key }) => key.startsWith(PICTURES_PREFIX))
    const outcomes = await Promise.allSettled(own.map(({ key }) => blobs.delete(key)))
    for (const one of outcomes)
      if (one.status === 'rejected') log.warn({ error: one.reason }, 'a picture nobody needs could not be deleted')
  }

  return {
    discard,
    async store(tenant, jobId, pictures) {
      const [jobSeal, ...prepared] = await Promise.all([
        sealer.begin(tenant, jobId),
        ...pictures.map((picture) => prepare(tenant, jobId, picture)),
      ])
      const refs = prepared.map(({ ref }) => ref)
      const outcomes = await Promise.allSettled(prepared.map((one) => put(one, jobSeal)))
      const failed = outcomes.find((one) => one.status === 'rejected')
      if (failed) {
        await discard(refs)
        throw failed.reason
      }
      const prints = Object.fromEntries(prepared.map(({ ref, print }) => [ref.name, print]))
      // Without a picture of ours there is nothing that the key could open.
      const sealed = prepared.some(({ body }) => body) ? jobSeal.sealed : undefined
      return { refs, prints, ...(sealed && { sealed }) }
    },
  }
}
