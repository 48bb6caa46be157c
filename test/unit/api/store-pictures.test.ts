import { readFileSync } from 'node:fs'
import { expect, it, vi } from 'vitest'
import { sha256 } from '../../../api/fingerprint.ts'
import { createPictureStore, printsOf, type ReceivedPicture, uploadKey } from '../../../api/store-pictures.ts'
import { UnavailableError } from '../../../infra/domain/errors.ts'
import type { WrappedKey } from '../../../infra/domain/job.ts'
import { noPictureSealer } from '../../../infra/encryption/picture-sealer.ts'
import { createPictureCodec } from '../../../infra/pictures/codec.ts'
import { createMemoryBlobStore } from '../../fakes/blob-store.ts'
import { testSealer } from '../../fixtures/encryption.ts'
import { silence } from '../../fixtures/silence.ts'

const PERSON = readFileSync(new URL('../../fixtures/person_a_2010.jpg', import.meta.url))
const UPLOAD_ID = '01934c2e-7b1a-7c3e-9d42-5f0a1b2c3d4e'

const start = (maxBytes = 1_000_000) => {
  const blobs = createMemoryBlobStore()
  const pictures = createPictureStore(
    { blobs, codec: createPictureCodec(), sealer: noPictureSealer, log: silence().log },
    maxBytes,
  )
  return { blobs, pictures }
}
const file = (name: string, bytes: Uint8Array = PERSON): ReceivedPicture => ({
  kind: 'bytes',
  name,
  bytes,
  contentType: undefined,
})
const upload = (name: string): ReceivedPicture => ({ kind: 'upload', name, uploadId: UPLOAD_ID })

it('stores pictures re-encoded, and tells where, how large and which', async () => {
  const { blobs, pictures } = start()
  const { refs, prints } = await pictures.store('acme', 'job-1', [file('source'), file('target')])
  expect(refs.map(({ key }) => key)).toEqual(['pictures/job-1/source', 'pictures/job-1/target'])
  for (const { key, bytes, sha256: digest } of refs) {
    const stored = await blobs.get(key)
    expect([stored.length, sha256(stored)]).toEqual([bytes, digest])
    expect(Buffer.from(stored).equals(PERSON)).toBe(false)
  }
  expect(prints).toEqual({ source: sha256(PERSON), target: sha256(PERSON) })
})

it('points at an upload as it is', async () => {
  const { blobs, pictures } = start()
  await blobs.put(uploadKey('acme', UPLOAD_ID), PERSON, 'image/jpeg')
  const { refs, prints } = await pictures.store('acme', 'job-1', [upload('image')])
  expect(refs).toEqual([{ name: 'image', key: `uploads/${UPLOAD_ID}/acme`, sha256: null, bytes: PERSON.length }])
  expect(prints).toEqual({ image: UPLOAD_ID })
})

it('does not find the upload of another tenant', async () => {
  const { blobs, pictures } = start()
  await blobs.put(uploadKey('other', UPLOAD_ID), PERSON, 'image/jpeg')
  await expect(pictures.store('acme', 'job-1', [upload('image')])).rejects.toMatchObject({
    code: 'UPLOAD_NOT_FOUND',
    faults: [{ pointer: '/image/uploadId' }],
  })
})

it.each([
  ['a file over the limit', [file('image')], 'PICTURE_TOO_LARGE'],
  ['an upload over the limit', [upload('image')], 'PICTURE_TOO_LARGE'],
  ['text', [file('image', Buffer.from('hello'))], 'PICTURE_TYPE_UNSUPPORTED'],
])('refuses %s', async (_what, received, code) => {
  const { blobs, pictures } = start(1_000)
  await blobs.put(uploadKey('acme', UPLOAD_ID), PERSON, 'image/jpeg')
  await expect(pictures.store('acme', 'job-1', received)).rejects.toMatchObject({ code, problem: { picture: 'image' } })
})

it('stores nothing when one of two pictures is refused', async () => {
  const { blobs, pictures } = start()
  const received = [file('source'), file('target', Buffer.from('hello'))]
  await expect(pictures.store('acme', 'job-1', received)).rejects.toMatchObject({ code: 'PICTURE_TYPE_UNSUPPORTED' })
  expect(blobs.keys()).toEqual([])
})

it('leaves nothing behind when one of two pictures cannot be stored', async () => {
  const { blobs, pictures } = start()
  vi.spyOn(blobs, 'put').mockRejectedValueOnce(new UnavailableError('storage', undefined))
  await expect(pictures.store('acme', 'job-1', [file('source'), file('target')])).rejects.toBeInstanceOf(
    UnavailableError,
  )
  expect(blobs.keys()).toEqual([])
})

it('discards what it stored, never an upload, and fails for nothing', async () => {
  const { blobs, pictures } = start()
  await blobs.put(uploadKey('acme', UPLOAD_ID), PERSON, 'image/jpeg')
  const { refs } = await pictures.store('acme', 'job-1', [file('source'), upload('target')])
  vi.spyOn(blobs, 'delete').mockRejectedValueOnce(new UnavailableError('storage', undefined))
  await pictures.discard(refs)
  expect(blobs.keys()).toHaveLength(2)
  await pictures.discard(refs)
  expect(blobs.keys()).toEqual([`uploads/${UPLOAD_ID}/acme`])
})

it('seals what it stores, so that storage alone shows nothing', async () => {
  const blobs = createMemoryBlobStore()
  const pictures = createPictureStore(
    { blobs, codec: createPictureCodec(), sealer: testSealer, log: silence().log },
    1_000_000,
  )
  const { refs, sealed } = await pictures.store('acme', 'job-1', [file('source'), file('target')])
  const open = await testSealer.opener({ tenant: 'acme', id: 'job-1' }, sealed as WrappedKey)
  for (const { name, key, sha256: digest } of refs) {
    const stored = await blobs.get(key)
    expect(Buffer.from(stored).includes(Buffer.from([0xff, 0xd8, 0xff]))).toBe(false)
    expect(sha256(open(name, stored))).toBe(digest)
    expect((await blobs.head(key))?.contentType).toBe('application/octet-stream')
  }
})

it('seals an upload like a picture that came with the request, and deletes it when told that the row is there', async () => {
  const blobs = createMemoryBlobStore()
  const plain = uploadKey('acme', UPLOAD_ID)
  await blobs.put(plain, PERSON, 'image/jpeg')
  const deps = { blobs, codec: createPictureCodec(), sealer: testSealer, log: silence().log }
  const pictures = createPictureStore(deps, 1_000_000)
  const { refs, sealed, prints } = await pictures.store('acme', 'job-1', [upload('source'), upload('target')])
  expect(prints).toEqual({ source: UPLOAD_ID, target: UPLOAD_ID })
  expect(blobs.keys()).toContain(plain)
  const open = await testSealer.opener({ tenant: 'acme', id: 'job-1' }, sealed as WrappedKey)
  for (const { name, key, sha256: digest, bytes } of refs) {
    expect([key, digest, bytes]).toEqual([`pictures/job-1/${name}`, sha256(PERSON), PERSON.length])
    expect(open(name, await blobs.get(key))).toEqual(PERSON)
  }
  await pictures.consume(refs)
  expect([...blobs.keys()].sort()).toEqual(['pictures/job-1/source', 'pictures/job-1/target'])
  await expect(pictures.store('acme', 'job-2', [upload('image')])).rejects.toMatchObject({ code: 'UPLOAD_NOT_FOUND' })
})

it('keeps an upload that is too large where it is, and the job that would have been made of it is refused', async () => {
  const blobs = createMemoryBlobStore()
  await blobs.put(uploadKey('acme', UPLOAD_ID), PERSON, 'image/jpeg')
  const deps = { blobs, codec: createPictureCodec(), sealer: testSealer, log: silence().log }
  const stored = createPictureStore(deps, 1_000).store('acme', 'job-1', [upload('image')])
  await expect(stored).rejects.toMatchObject({ code: 'PICTURE_TOO_LARGE' })
  expect(blobs.keys()).toEqual([uploadKey('acme', UPLOAD_ID)])
})

it('knows what a request is recognised by without a look at storage', async () => {
  const { blobs, pictures } = start()
  await blobs.put(uploadKey('acme', UPLOAD_ID), PERSON, 'image/jpeg')
  const received = [file('source'), upload('target')]
  expect(printsOf(received)).toEqual((await pictures.store('acme', 'job-1', received)).prints)
})
