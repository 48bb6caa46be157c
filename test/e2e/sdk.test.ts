import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { ConnectionError, Muster, type MusterOptions, sendUpload, TimeoutError } from '../../api/client/client.ts'
import { results } from '../unit/api/client/scripted-server.ts'
import { rejection } from '../unit/api/client/setup.ts'
import { type SdkStack, startSdkStack } from './sdk-stack.ts'

const samples = join(import.meta.dirname, '../fixtures')
const source = join(samples, 'person_a_2009.jpg')
const image = join(samples, 'person_a_2012.jpg')
const passport = join(samples, 'passport_td3_eriksson_clean.png')
const WAIT = { timeout: 30_000, interval: 20 }

let stack: SdkStack
let apiKey: string
beforeAll(async () => {
  stack = await startSdkStack()
  apiKey = await stack.createKey('acme')
})
afterEach(() => stack.model.letGo())
afterAll(() => stack.close())

const client = (options: MusterOptions = {}): Muster =>
  new Muster({ baseUrl: stack.replicas[1].url, apiKey, ...options })

describe('the client and the service', () => {
  it('agree on every check: pictures there, results back', async () => {
    const muster = client()
    const match = await muster.faceMatch({ source, target: createReadStream(image) })
    const live = await muster.liveness({ image: await readFile(image) })
    const read = await muster.ocr({ image: passport, documentType: 'passport' })
    expect([match, live, read]).toEqual([results['face-match'], results.liveness, results.ocr])
    expect(match.job).toMatchObject({
      task: 'face-match',
      status: 'succeeded',
      lane: 'interactive',
      attempts: 1,
      models: [{ name: 'face-match', version: '1.0.0' }],
    })
    const { timings } = match.job
    const ms = expect.any(Number)
    expect(timings).toMatchObject({
      ...{ admitMs: ms, insertMs: ms, commitMs: ms, claimMs: ms, workMs: ms, writeMs: ms },
      storeMs: expect.any(Number),
      runMs: expect.any(Number),
      replyMs: expect.any(Number),
    })
    expect(await muster.jobs.get(match.job.id)).toMatchObject({ id: match.job.id, result: results['face-match'] })
  })

  it('agree on uploads, alone and beside a picture, also by somebody without a key', async () => {
    const muster = client()
    const uploaded = await muster.uploads.create(image)
    expect((await muster.liveness({ image: uploaded })).live).toBe(true)
    const handedOn = await sendUpload(await muster.uploads.sign('image/jpeg'), new Blob([await readFile(source)]))
    expect((await muster.faceMatch({ source: handedOn, target: image })).match).toBe(true)
    const unknown = muster.liveness({ image: { uploadId: crypto.randomUUID() } })
    expect(await rejection(unknown)).toMatchObject({ name: 'UnprocessableError', code: 'UPLOAD_NOT_FOUND' })
  })

  it('agree on the models', async () => {
    const tasks = (await client().models.list()).map(({ task }) => task)
    expect(tasks).toEqual(['face-match', 'liveness', 'ocr'])
  })

  it.each<[string, () => Promise<unknown>, object]>([
    [
      'a document that cannot be read',
      () => client().ocr({ image: passport, documentType: 'visa' }),
      { name: 'JobFailedError', code: 'DOCUMENT_UNREADABLE', fault: 'caller', picture: 'image' },
    ],
    [
      'bytes that are no picture',
      () => client().liveness({ image: Buffer.from('hello') }),
      { name: 'BadRequestError', code: 'PICTURE_TYPE_UNSUPPORTED', status: 415 },
    ],
    [
      'half a picture',
      async () => client().liveness({ image: (await readFile(image)).subarray(0, 999) }),
      { name: 'UnprocessableError', code: 'PICTURE_UNREADABLE', status: 422 },
    ],
    [
      'a picture over the limit of the service',
      () => client({ maxPictureBytes: 2e7 }).liveness({ image: new Uint8Array(1.2e7) }),
      { name: 'BadRequestError', status: 413 },
    ],
    [
      'a key that is none',
      () => client({ apiKey: 'muster_live_nonsense' }).liveness({ image }),
      { name: 'AuthenticationError', code: 'UNAUTHENTICATED', status: 401 },
    ],
    [
      'a job there is not',
      () => client().jobs.get(crypto.randomUUID()),
      { name: 'NotFoundError', code: 'JOB_NOT_FOUND', status: 404 },
    ],
  ])('agree on what is wrong with %s', async (_, ask, expected) => {
    const thrown = await rejection(ask())
    expect(thrown).toMatchObject({ ...expected, hint: expect.any(String) })
    if (!('fault' in expected)) expect(thrown).toMatchObject({ requestId: expect.any(String) })
  })

  it('hide the jobs of one tenant from another', async () => {
    const { job } = await client().liveness({ image })
    const stranger = client({ apiKey: await stack.createKey('other') })
    const { jobs } = stranger
    for (const ask of [() => jobs.get(job.id), () => jobs.cancel(job.id), () => jobs.erase(job.id)])
      expect(await rejection(ask())).toMatchObject({ name: 'NotFoundError', code: 'JOB_NOT_FOUND' })
  })
})

describe('a check through the client', () => {
  it('runs once when its answer is lost on the way and it is sent again', async () => {
    const before = stack.model.runs.length
    let lost = 0
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const response = await globalThis.fetch(input, init)
      if (lost > 0) return response
      lost += 1
      await response.text()
      throw new TypeError('terminated')
    }
    const { job } = await client({ fetch }).liveness({ image })
    expect([lost, job.attempts, stack.model.runs.length - before]).toEqual([1, 1, 1])
  })

  it('joins the job that has its idempotency key, and is refused with another picture', async () => {
    const options = { idempotencyKey: crypto.randomUUID() }
    const first = await client().liveness({ image }, options)
    const again = await client({ baseUrl: stack.replicas[0].url }).liveness({ image }, options)
    expect(again.job.id).toBe(first.job.id)
    const other = await rejection(client().liveness({ image: source }, options))
    expect(other).toMatchObject({ name: 'UnprocessableError', code: 'IDEMPOTENCY_MISMATCH' })
  })

  it('that is out of time names its job, and waiting can be taken up again', async () => {
    stack.model.hold()
    const thrown = await rejection(client().liveness({ image }, { timeoutMs: 15_000 }))
    expect(thrown).toBeInstanceOf(TimeoutError)
    const { jobId = '' } = thrown as TimeoutError
    const waiting = client().jobs.wait(jobId)
    stack.model.letGo()
    expect(await waiting).toMatchObject({ id: jobId, status: 'succeeded' })
  })

  it('that is asynchronous waits in the bulk lane and can be waited for', async () => {
    const job = await client().ocr({ image: passport }, { async: true })
    expect(job).toMatchObject({ task: 'ocr', lane: 'bulk' })
    const finished = await client().jobs.wait(job)
    expect(finished).toMatchObject({ id: job.id, status: 'succeeded', result: results.ocr })
  })

  it('that is aborted leaves no job running when asked to', async () => {
    stack.model.hold()
    const before = stack.model.runs.length
    const controller = new AbortController()
    const ids: string[] = []
    const onExchange = ({ path }: { path: string }) =>
      ids.push(...(/^\/v1\/jobs\/([^/]+)\/cancel$/.exec(path)?.slice(1) ?? []))
    const check = client({ onExchange }).liveness({ image }, { signal: controller.signal, cancelOnAbort: true })
    await vi.waitFor(() => expect(stack.model.runs.length).toBeGreaterThan(before), WAIT)
    controller.abort()
    expect(await rejection(check)).toMatchObject({ name: 'AbortError' })
    await vi.waitFor(() => expect(ids).toHaveLength(1), WAIT)
    // The model cannot be interrupted: until it returns, the worker has the job.
    expect(await client().jobs.get(ids[0] ?? '')).toMatchObject({ status: 'canceling' })
    const waiting = client().jobs.wait(ids[0] ?? '')
    stack.model.letGo()
    expect(await waiting).toMatchObject({ status: 'canceled', result: null, attempts: 1 })
  })

  it('that loses its connection leaves no job running when asked to', async () => {
    stack.model.hold()
    const before = stack.model.runs.length
    const connection = new AbortController()
    const cut: typeof globalThis.fetch = (input, init) =>
      globalThis.fetch(input, { ...init, signal: connection.signal })
    const idempotencyKey = crypto.randomUUID()
    const check = client({ fetch: cut }).liveness({ image }, { cancelOnDisconnect: true, idempotencyKey })
    await vi.waitFor(() => expect(stack.model.runs.length).toBeGreaterThan(before), WAIT)
    connection.abort()
    expect(await rejection(check)).toBeInstanceOf(ConnectionError)
    await vi.waitFor(async () => {
      const { status } = await client().liveness({ image }, { idempotencyKey, async: true })
      expect(status).toBe('canceling')
    }, WAIT)
    stack.model.letGo()
    expect(await rejection(client().liveness({ image }, { idempotencyKey }))).toMatchObject({ code: 'JOB_CANCELED' })
  })

  it('can be erased, and not canceled any more, once it is over', async () => {
    const { job } = await client().liveness({ image })
    expect(await rejection(client().jobs.cancel(job.id))).toMatchObject({ name: 'ConflictError', status: 409 })
    await client().jobs.erase(job.id)
    expect(await rejection(client().jobs.get(job.id))).toMatchObject({ name: 'NotFoundError', code: 'JOB_ERASED' })
  })

  it('goes on when the replica it waits at stops', async () => {
    const [stopping, staying] = stack.replicas
    let target = stopping.url
    const fetch: typeof globalThis.fetch = (input, init) =>
      globalThis.fetch(String(input).replace(stopping.url, target), init)
    stack.model.hold()
    const before = stack.model.runs.length
    const check = client({ baseUrl: stopping.url, fetch }).liveness({ image })
    await vi.waitFor(() => expect(stack.model.runs.length).toBeGreaterThan(before), WAIT)
    target = staying.url
    await stopping.stop()
    stack.model.letGo()
    expect((await check).live).toBe(true)
  })
})
