import { readFileSync } from 'node:fs'
import { expect, it, vi } from 'vitest'
import { createCompletions } from '../../../api/completions.ts'
import { createDispatching } from '../../../api/dispatching.ts'
import { createPictureStore, uploadKey } from '../../../api/store-pictures.ts'
import { createSubmitJob, type Submission } from '../../../api/submit-job.ts'
import { IdempotencyMismatchError, UnavailableError } from '../../../infra/domain/errors.ts'
import { DEFAULT_TENANT } from '../../../infra/domain/tenant.ts'
import { noPictureSealer } from '../../../infra/encryption/picture-sealer.ts'
import { createPictureCodec } from '../../../infra/pictures/codec.ts'
import { systemClock } from '../../../infra/runtime/clock.ts'
import { createMemoryBlobStore } from '../../fakes/blob-store.ts'
import { createMemoryDispatcher } from '../../fakes/dispatcher.ts'
import { createMemoryJobQueue } from '../../fakes/job-queue.ts'
import { createMemoryJobStore } from '../../fakes/job-store.ts'
import { testSealer } from '../../fixtures/encryption.ts'
import { eventually } from '../../fixtures/eventually.ts'
import { aCapacity, anOffer } from '../../fixtures/offers.ts'
import { silence } from '../../fixtures/silence.ts'

const PERSON = readFileSync(new URL('../../fixtures/person_a_2010.jpg', import.meta.url))
const OTHER = readFileSync(new URL('../../fixtures/person_b_2010.jpg', import.meta.url))

const aSubmission = (overrides: Partial<Submission> & Pick<Submission, 'place'>): Submission => ({
  tenant: 'acme',
  task: 'liveness',
  pool: 'liveness',
  lane: 'interactive',
  pictures: [{ kind: 'bytes', name: 'image', bytes: PERSON, contentType: undefined }],
  options: {},
  common: { keep: true, subject: undefined, webhookUrl: undefined, deadlineMs: undefined },
  waiting: true,
  idempotencyKey: undefined,
  traceparent: undefined,
  ...overrides,
})

const start = ({ sealer = noPictureSealer } = {}) => {
  const { log, metrics } = silence()
  const [jobs, blobs, queue] = [createMemoryJobStore(), createMemoryBlobStore(), createMemoryJobQueue(['liveness'])]
  const dispatcher = createMemoryDispatcher()
  const completions = createCompletions()
  const deadlineMs = { interactive: 60_000, bulk: 3_600_000 }
  const settingsOf = async () => ({ ...DEFAULT_TENANT, maxInFlightCount: 10 })
  const deps = { jobs, completions, settingsOf, metrics, log, clock: systemClock }
  const dispatching = createDispatching({ ...deps, queue, dispatcher }, deadlineMs, 1_000)
  const reply = queue.openReply(() => {})
  const pictures = createPictureStore({ blobs, codec: createPictureCodec(), sealer, log }, 1_000_000)
  const { submit } = createSubmitJob({ ...deps, reply, pictures, ...dispatching }, { deadlineMs })
  const place = async (lane: Submission['lane'] = 'interactive') => {
    const { verdict } = await dispatching.admitJob('acme', 'liveness', lane)
    if (verdict instanceof Error) throw verdict
    return verdict
  }
  const submitJob = {
    submit: async (overrides: Partial<Submission> = {}) =>
      submit(aSubmission({ place: overrides.place ?? (await place(overrides.lane)), ...overrides })),
    settled: () => dispatching.close(),
  }
  const published = () => queue.waiting('liveness', 'interactive')
  return { submitJob, place, dispatcher, jobs, blobs, queue, completions, reply, published }
}

it('tells in the row how long the request took before it, and in the message how long the row took', async () => {
  const { submitJob, jobs, published } = start()
  const { job } = await submitJob.submit({ arrivedAt: systemClock.monotonic() - 1_000 })
  await submitJob.settled()
  expect(jobs.all()[0]?.timings).toEqual({
    ...{ admitMs: expect.any(Number), storeMs: expect.any(Number), insertMs: expect.any(Number) },
  })
  expect(job.timings.admitMs).toBeGreaterThanOrEqual(1_000)
  expect(published()[0]?.message.commitMs).toBeGreaterThanOrEqual(0)
})

it('commits the row, then publishes a pointer to it, addressed to this process', async () => {
  const { submitJob, jobs, published, reply, completions } = start()
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  const { job, joined, waiter } = await submitJob.submit({ traceparent })
  await submitJob.settled()
  expect(joined).toBe(false)
  expect(jobs.all()).toEqual([job])
  const { id, deadline } = job
  const message = { v: 1, id, task: 'liveness', tenant: 'acme', lane: 'interactive', deadline, attempt: 0, traceparent }
  expect(published()).toMatchObject([{ message, pool: 'liveness', replyTo: reply.name }])
  expect(jobs.published()).toEqual([id])
  expect(completions.waiterCount()).toBe(1)
  waiter?.leave()
})

it('sends the trace of the request where there is one, also for a worker of before', async () => {
  const { submitJob, published } = start()
  const trace = { traceparent: `00-${'c'.repeat(32)}-${'d'.repeat(16)}-00`, tracestate: 'a=1' }
  await submitJob.submit({ traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, trace })
  await submitJob.settled()
  expect(published()).toMatchObject([{ message: { trace, traceparent: trace.traceparent } }])
})

it('registers nobody and asks for no completion when nobody waits', async () => {
  const { submitJob, queue, completions } = start()
  const { waiter, job } = await submitJob.submit({ waiting: false, lane: 'bulk' })
  await submitJob.settled()
  expect(waiter).toBeUndefined()
  expect(completions.waiterCount()).toBe(0)
  expect(queue.waiting('liveness', 'bulk')[0]).not.toHaveProperty('replyTo')
  expect(job.deadline - job.createdAt).toBe(3_600_000)
})

it.each(['disconnected', 'blocked'] as const)(
  'accepts jobs while the broker is %s, and leaves them to the reconciler',
  async (trouble) => {
    const { submitJob, queue, jobs } = start()
    queue.setTrouble(trouble)
    await submitJob.submit()
    await submitJob.settled()
    expect(await jobs.unpublished(-1_000, 10)).toHaveLength(1)
  },
)

it('accepts a job whose publish is not confirmed', async () => {
  const { submitJob, queue, jobs } = start()
  queue.publish = async () => {
    throw new UnavailableError('the broker', undefined)
  }
  await submitJob.submit()
  await submitJob.settled()
  expect(jobs.all()).toHaveLength(1)
  expect(jobs.published()).toEqual([])
})

it('joins the job of an earlier request with the same key, publishes nothing and keeps no second picture', async () => {
  const { submitJob, jobs, blobs, published } = start()
  const first = await submitJob.submit({ idempotencyKey: 'once' })
  const again = await submitJob.submit({ idempotencyKey: 'once' })
  await submitJob.settled()
  expect(again).toMatchObject({ joined: true, job: { id: first.job.id } })
  expect([jobs.all().length, blobs.keys().length, published().length]).toEqual([1, 1, 1])
})

it('refuses the same key with another picture, and keeps none of it', async () => {
  const { submitJob, blobs } = start()
  await submitJob.submit({ idempotencyKey: 'once' })
  const pictures = [{ kind: 'bytes', name: 'image', bytes: OTHER, contentType: undefined }] as const
  const again = submitJob.submit({ idempotencyKey: 'once', pictures })
  await expect(again).rejects.toBeInstanceOf(IdempotencyMismatchError)
  expect(blobs.keys()).toHaveLength(1)
})

it('keeps the pictures when the database fell silent: the row may be there', async () => {
  const { submitJob, jobs, blobs, completions } = start()
  vi.spyOn(jobs, 'insert').mockRejectedValueOnce(new UnavailableError('postgres', undefined))
  await expect(submitJob.submit()).rejects.toBeInstanceOf(UnavailableError)
  expect(blobs.keys()).toHaveLength(1)
  expect(completions.waiterCount()).toBe(0)
})

it('keeps no picture of a row that was refused', async () => {
  const { submitJob, jobs, blobs } = start()
  vi.spyOn(jobs, 'insert').mockRejectedValueOnce(new TypeError('a mistake of ours'))
  await expect(submitJob.submit()).rejects.toBeInstanceOf(TypeError)
  expect(blobs.keys()).toEqual([])
})

it('holds the message back while the workers have no room, and publishes another that is next', async () => {
  const { submitJob, dispatcher, queue, jobs } = start()
  await dispatcher.announce(aCapacity({ pool: 'liveness', slots: 1, ratePerSecond: 0 }))
  const first = await submitJob.submit()
  await submitJob.submit()
  await eventually(() => expect(queue.waiting('liveness', 'interactive')).toHaveLength(1))
  expect(jobs.all()).toHaveLength(2)
  expect(queue.waiting('liveness', 'interactive')[0]?.message.id).toBe(first.job.id)
})

it('publishes at once while the dispatcher is away', async () => {
  const { submitJob, dispatcher, published } = start()
  dispatcher.dispatch = async () => {
    throw new UnavailableError('redis', undefined)
  }
  const { job } = await submitJob.submit()
  await submitJob.settled()
  expect(published()).toMatchObject([{ message: { id: job.id } }])
})

it('gives the id of its place to the job, and the place back when an earlier job is joined', async () => {
  const { submitJob, place, dispatcher } = start()
  const mine = await place()
  expect((await submitJob.submit({ place: mine, idempotencyKey: 'once' })).job.id).toBe(mine.jobId)
  for (let again = 0; again < 20; again += 1) await submitJob.submit({ idempotencyKey: 'once' })
  await submitJob.settled()
  expect(await dispatcher.load('liveness')).toMatchObject({ dispatchedCount: 1, heldCount: 0 })
})

it('refuses a job that could not be over by a deadline of its own', async () => {
  const { submitJob, dispatcher, jobs } = start()
  await dispatcher.announce(aCapacity({ pool: 'liveness', slots: 4, ratePerSecond: 10 }))
  await dispatcher.dispatch(
    Array.from({ length: 40 }, () => anOffer({ tenant: 'other', weight: 100, pool: 'liveness' })),
  )
  const common = { keep: true, subject: undefined, webhookUrl: undefined, deadlineMs: 2_000 }
  const submitted = submitJob.submit({ common, idempotencyKey: 'x' })
  await expect(submitted).rejects.toMatchObject({ code: 'OVERLOADED' })
  expect(jobs.all()).toEqual([])
})

it('deletes an upload once it is sealed and the row is there, and still joins a repetition', async () => {
  const { submitJob, blobs, jobs } = start({ sealer: testSealer })
  const uploadId = '01934c2e-7b1a-7c3e-9d42-5f0a1b2c3d4e'
  await blobs.put(uploadKey('acme', uploadId), PERSON, 'image/jpeg')
  const pictures = [{ kind: 'upload', name: 'image', uploadId }] as const
  vi.spyOn(jobs, 'insert').mockRejectedValueOnce(new UnavailableError('postgres', undefined))
  await expect(submitJob.submit({ pictures, idempotencyKey: 'once' })).rejects.toBeInstanceOf(UnavailableError)
  expect(blobs.keys()).toContain(uploadKey('acme', uploadId))
  const { job } = await submitJob.submit({ pictures, idempotencyKey: 'once' })
  await eventually(() => expect(blobs.keys()).not.toContain(uploadKey('acme', uploadId)))
  expect(await submitJob.submit({ pictures, idempotencyKey: 'once' })).toMatchObject({
    joined: true,
    job: { id: job.id },
  })
  await expect(submitJob.submit({ pictures })).rejects.toMatchObject({ code: 'UPLOAD_NOT_FOUND' })
  const other = submitJob.submit({ pictures, idempotencyKey: 'once', options: { documentType: 'passport' } })
  await expect(other).rejects.toBeInstanceOf(IdempotencyMismatchError)
})
