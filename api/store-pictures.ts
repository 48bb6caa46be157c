import { BlobNotFoundError, BlobTooLargeError, InputError } from '../infra/domain/errors.ts'
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

/** What a request's pictures are recognised by, without a look at storage: as `store` has them. */
export const printsOf = (pictures: readonly ReceivedPicture[]): StoredPictures['prints'] =>
  Object.fromEntries(
    pictures.map((picture) => [picture.name, picture.kind === 'upload' ? picture.uploadId : sha256(picture.bytes)]),
  )

/** Where an upload lies. The tenant is part of the key: an id of another tenant names nothing. */
export const uploadKey = (tenant: string, uploadId: string): string => `${UPLOADS_PREFIX}${uploadId}/${tenant}`

/** Checks and stores what a caller sent. */
export interface PictureStore {
  /**
   * All of them or none. Where pictures are sealed, uploads are too: under the job's own key, as they were sent.
   * @throws InputError when one is not an acceptable picture
   * @throws RequestError UPLOAD_NOT_FOUND
   * @throws UnavailableError, StorageDeniedError from the blob store or the sealer
   */
  store(tenant: string, jobId: string, pictures: readonly ReceivedPicture[]): Promise<StoredPictures>
  /** Remove what `store` wrote. Never fails: what stays behind is swept when its time to live is over. */
  discard(refs: readonly PictureRef[]): Promise<void>
  /** The row is committed: the uploads its pictures were sealed from go. Never fails: the sweep finds what stays behind. */
  consume(refs: readonly PictureRef[]): Promise<void>
}

interface Prepared {
  readonly ref: PictureRef
  readonly print: string
  /** absent for an upload that stays where it is */
  readonly body?: Uint8Array
  readonly contentType?: string
}

/** The job to be, and what its pictures are to be sealed with. */
interface NewSeal {
  readonly tenant: string
  readonly id: string
  readonly seal: Promise<JobSeal>
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

const uploadNotFound = (name: string): RequestError =>
  new RequestError('UPLOAD_NOT_FOUND', 'no such upload', {
    faults: [{ pointer: `/${name}/uploadId`, detail: 'names no upload that has arrived and is still stored' }],
  })

/** @param maxBytes of one picture */
export const createPictureStore = ({ blobs, codec, sealer, log }: PictureStoreDeps, maxBytes: number): PictureStore => {
  const readUpload = async (upload: string, name: string): Promise<Uint8Array> => {
    try {
      return await blobs.get(upload, maxBytes)
    } catch (error) {
      if (error instanceof BlobNotFoundError) throw uploadNotFound(name)
      throw error instanceof BlobTooLargeError ? new InputError(outcome('PICTURE_TOO_LARGE', name)) : error
    }
  }

  const prepareUpload = async (job: NewSeal, name: string, uploadId: string): Promise<Prepared> => {
    const upload = uploadKey(job.tenant, uploadId)
    if ((await job.seal).sealed) {
      // Read once, and not decoded: what is wrong with it the worker says.
      const body = await readUpload(upload, name)
      const key = `${PICTURES_PREFIX}${job.id}/${name}`
      const ref = { name, key, sha256: sha256(body), bytes: body.length, upload }
      return { ref, print: uploadId, body, contentType: SEALED_TYPE }
    }
    const info = await blobs.head(upload)
    if (!info) throw uploadNotFound(name)
    if (info.bytes > maxBytes) throw new InputError(outcome('PICTURE_TOO_LARGE', name))
    return { ref: { name, key: upload, sha256: null, bytes: info.bytes }, print: uploadId }
  }

  const prepare = async (job: NewSeal, picture: ReceivedPicture): Promise<Prepared> => {
    const { name } = picture
    if (picture.kind === 'upload') return prepareUpload(job, name, picture.uploadId)
    if (picture.bytes.length > maxBytes) throw new InputError(outcome('PICTURE_TOO_LARGE', name))
    const { bytes: body, contentType } = await codec.normalise(picture.bytes, picture.contentType, name)
    const key = `${PICTURES_PREFIX}${job.id}/${name}`
    const ref = { name, key, sha256: sha256(body), bytes: body.length }
    return { ref, print: sha256(picture.bytes), body, contentType }
  }

  const put = async ({ ref, body, contentType }: Prepared, { sealed, seal }: JobSeal): Promise<void> => {
    if (body && contentType) await blobs.put(ref.key, seal(ref.name, body), sealed ? SEALED_TYPE : contentType)
  }

  const deleteAll = async (keys: readonly string[]): Promise<void> => {
    const outcomes = await Promise.allSettled(keys.map((key) => blobs.delete(key)))
    for (const one of outcomes)
      if (one.status === 'rejected') log.warn({ error: one.reason }, 'a picture nobody needs could not be deleted')
  }

  const discard = (refs: readonly PictureRef[]): Promise<void> =>
    deleteAll(refs.map(({ key }) => key).filter((key) => key.startsWith(PICTURES_PREFIX)))

  return {
    discard,
    // One upload may be several of the job's pictures.
    consume: (refs) => deleteAll([...new Set(refs.flatMap(({ upload = [] }) => upload))]),
    async store(tenant, jobId, pictures) {
      const job = { tenant, id: jobId, seal: sealer.begin(tenant, jobId) }
      const [jobSeal, ...prepared] = await Promise.all([job.seal, ...pictures.map((picture) => prepare(job, picture))])
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
