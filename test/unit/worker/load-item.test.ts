import { expect, it } from 'vitest'
import { BlobNotFoundError, SealBrokenError } from '../../../infra/domain/errors.ts'
import { systemClock } from '../../../infra/runtime/clock.ts'
import { loadItem } from '../../../worker/load-item.ts'
import { createMemoryBlobStore } from '../../fakes/blob-store.ts'
import { createMemoryJobStore } from '../../fakes/job-store.ts'
import { testSealer } from '../../fixtures/encryption.ts'
import { aNewJob } from '../../fixtures/jobs.ts'
import { silence } from '../../fixtures/silence.ts'

/** A decoder that shows what bytes it was given. */
const pictures = { decode: async (data: Uint8Array) => ({ data, width: 1, height: 1 }) }
const ref = (name: string, sha256: string | null = 'ab') => ({ name, key: `pictures/1/${name}`, sha256, bytes: 1 })

const start = async () => {
  const blobs = createMemoryBlobStore()
  const { tenant, id } = aNewJob()
  const { sealed, seal } = await testSealer.begin(tenant, id)
  const deps = { blobs, pictures, sealer: testSealer, metrics: silence().metrics, clock: systemClock }
  const load = async (refs: readonly ReturnType<typeof ref>[], withSeal = true) => {
    const input = { pictures: refs, options: {}, ...(withSeal && sealed && { sealed }) }
    const { job } = await createMemoryJobStore().insert(aNewJob({ tenant, id, input }))
    const { item } = await loadItem(deps, job, new AbortController().signal)
    return Object.fromEntries(
      Object.entries(item.pictures).map(([name, { data }]) => [name, Buffer.from(data).toString()]),
    )
  }
  const put = (name: string, text: string, sealedAs = name) =>
    blobs.put(`pictures/1/${name}`, seal(sealedAs, Buffer.from(text)), 'application/octet-stream')
  return { blobs, put, load }
}

it('opens every picture that the api sealed', async () => {
  const { put, load } = await start()
  await put('source', 'one')
  await put('target', 'two')
  expect(await load([ref('source'), ref('target')])).toEqual({ source: 'one', target: 'two' })
})

it('takes an upload, and a job from before there were seals, as they are', async () => {
  const { blobs, put, load } = await start()
  await put('source', 'one')
  await blobs.put('pictures/1/target', Buffer.from('plain'), 'image/jpeg')
  expect(await load([ref('source'), ref('target', null)])).toEqual({ source: 'one', target: 'plain' })
  expect(await load([ref('target')], false)).toEqual({ target: 'plain' })
})

it('refuses a picture that was put in the place of another', async () => {
  const { put, load } = await start()
  await put('source', 'one', 'target')
  await expect(load([ref('source')])).rejects.toBeInstanceOf(SealBrokenError)
  await expect(load([ref('gone')])).rejects.toBeInstanceOf(BlobNotFoundError)
})
