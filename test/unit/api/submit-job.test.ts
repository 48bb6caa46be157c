import { readFileSync } from 'node:fs'
import { expect, it, vi } from 'vitest'
import { createCompletions } from '../../../api/completions.ts'
import { createPictureStore } from '../../../api/store-pictures.ts'
import { createSubmitJob, type Submission } from '../../../api/submit-job.ts'
import { IdempotencyMismatchError, UnavailableError } from '../../../infra/domain/errors.ts'
import { noPictureSealer } from '../../../infra/encryption/picture-sealer.ts'
import { createPictureCodec } from '../../../infra/pictures/codec.ts'
import { systemClock } from '../../../infra/runtime/clock.ts'
import { createMemoryBlobStore } from '../../fakes/blob-store.ts'
import { createMemoryJobQueue } from '../../fakes/job-queue.ts'
import { createMemoryJobStore } from '../../fakes/job-store.ts'
import { silence } from '../../fixtures/silence.ts'

const PERSON = readFileSync(new URL('../../fixtures/person_a_2010.jpg', import.meta.url))
const OTHER = readFileSync(new URL('../../fixtures/person_b_2010.jpg', import.meta.url))

const aSubmission = (overrides: Partial<Submission> = {}): Submission => ({
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

const start = () => {
  const { log, metrics } = silence()
  const [jobs, blobs, queue] = [createMemoryJobStore(), createMemoryBlobStore(), createMemoryJobQueue(['liveness'])]
  const completions = createCompletions()
  const meter = {
    submitted: vi.fn(),
    completed: vi.fn(),
    load: vi.fn(() => ({ depthCount: 0, inHandCount: 0, ratePerSecond: undefined as number | undefined })),
  }
  const marks = { confirmed: vi.fn(), completed: vi.fn(), close: async () => {} }
  const reply = queue.openReply(() => {})
  const pictures = createPictureStore({ blobs, codec: createPictureCodec(), sealer: noPictureSealer, log }, 1_000_000)
  const submitJob = createSubmitJob(
    { jobs, queue, reply, pictures, completions, meter, marks, metrics, log, clock: systemClock },
    { deadlineMs: { interactive: 60_000, bulk: 3_600_000 }, maxDepthCount: 10 },
  )
  const published = () => queue.waiting('liveness', 'interactive')
  return { submitJob, jobs, blobs, queue, completions, meter, marks, reply, published }
}

it('commits the row, then publishes a pointer to it, addressed to this process', async () => {
  const { submitJob, jobs, published, reply, marks, completions } = start()
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  const { job, joined, waiter } = await submitJob.submit(aSubmission({ traceparent }))
  await submitJob.settled()
  expect(joined).toBe(false)
  expect(jobs.all()).toEqual([job])
  const { id, deadline } = job
  const message = { v: 1, id, task: 'liveness', tenant: 'acme', lane: 'interactive', deadline, attempt: 0, traceparent }
  expect(published()).toMatchObject([{ message, pool: 'liveness', replyTo: reply.name }])
  expect(marks.confirmed.mock.calls).toEqual([[id]])
  expect(completions.waiterCount()).toBe(1)
  waiter?.leave()
})

it('registers nobody and asks for no completion when nobody waits', async () => {
  const { submitJob, queue, completions, meter } = start()
  const { waiter, job } = await submitJob.submit(aSubmission({ waiting: false, lane: 'bulk' }))
  await submitJob.settled()
  expect(waiter).toBeUndefined()
  expect(completions.waiterCount()).toBe(0)
  expect(meter.submitted).not.toHaveBeenCalled()
  expect(queue.waiting('liveness', 'bulk')[0]).not.toHaveProperty('replyTo')
  expect(job.deadline - job.createdAt).toBe(3_600_000)
})

it.each(['disconnected', 'blocked'] as const)(
  'accepts jobs while the broker is %s, and leaves them to the reconciler',
  async (trouble) => {
    const { submitJob, queue, jobs, marks } = start()
    queue.setTrouble(trouble)
    await submitJob.submit(aSubmission())
    await submitJob.settled()
    expect(await jobs.unpublished(-1_000, 10)).toHaveLength(1)
    expect(marks.confirmed).not.toHaveBeenCalled()
  },
)

it('accepts a job whose publish is not confirmed', async () => {
  const { submitJob, queue, jobs, marks } = start()
  queue.publish = async () => {
    throw new UnavailableError('the broker', undefined)
  }
  await submitJob.submit(aSubmission())
  await submitJob.settled()
  expect(jobs.all()).toHaveLength(1)
  expect(marks.confirmed).not.toHaveBeenCalled()
})

it('joins the job of an earlier request with the same key, publishes nothing and keeps no second picture', async () => {
  const { submitJob, jobs, blobs, published } = start()
  const first = await submitJob.submit(aSubmission({ idempotencyKey: 'once' }))
  const again = await submitJob.submit(aSubmission({ idempotencyKey: 'once' }))
  await submitJob.settled()
  expect(again).toMatchObject({ joined: true, job: { id: first.job.id } })
  expect([jobs.all().length, blobs.keys().length, published().length]).toEqual([1, 1, 1])
})

it('refuses the same key with another picture, and keeps none of it', async () => {
  const { submitJob, blobs } = start()
  await submitJob.submit(aSubmission({ idempotencyKey: 'once' }))
  const pictures = [{ kind: 'bytes', name: 'image', bytes: OTHER, contentType: undefined }] as const
  const again = submitJob.submit(aSubmission({ idempotencyKey: 'once', pictures }))
  await expect(again).rejects.toBeInstanceOf(IdempotencyMismatchError)
  expect(blobs.keys()).toHaveLength(1)
})

it('keeps the pictures when the database fell silent: the row may be there', async () => {
  const { submitJob, jobs, blobs, completions } = start()
  vi.spyOn(jobs, 'insert').mockRejectedValueOnce(new UnavailableError('postgres', undefined))
  await expect(submitJob.submit(aSubmission())).rejects.toBeInstanceOf(UnavailableError)
  expect(blobs.keys()).toHaveLength(1)
  expect(completions.waiterCount()).toBe(0)
})

it('keeps no picture of a row that was refused', async () => {
  const { submitJob, jobs, blobs } = start()
  vi.spyOn(jobs, 'insert').mockRejectedValueOnce(new TypeError('a mistake of ours'))
  await expect(submitJob.submit(aSubmission())).rejects.toBeInstanceOf(TypeError)
  expect(blobs.keys()).toEqual([])
})

it('refuses work that could not be done in time, and says when to come back', () => {
  const { submitJob, meter } = start()
  expect(() => submitJob.admit('liveness', 'interactive')).not.toThrow()
  meter.load.mockReturnValue({ depthCount: 5, inHandCount: 700, ratePerSecond: 10 })
  expect(() => submitJob.admit('liveness', 'interactive')).toThrow(
    expect.objectContaining({ code: 'OVERLOADED', retryAfterMs: 10_000 }),
  )
})
