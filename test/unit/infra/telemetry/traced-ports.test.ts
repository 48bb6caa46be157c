import { describe, expect, it } from 'vitest'
import { BlobNotFoundError } from '../../../../infra/domain/errors.ts'
import { tracedPorts } from '../../../../infra/telemetry/traced-ports.ts'
import { createMemoryBlobStore } from '../../../fakes/blob-store.ts'
import { createMemoryJobStore } from '../../../fakes/job-store.ts'
import { createMemoryTracer } from '../../../fakes/tracer.ts'
import { aNewJob } from '../../../fixtures/jobs.ts'

const open = () => {
  const { tracer, spans } = createMemoryTracer()
  const around = tracedPorts(tracer)
  const whole = tracer.begin('whole')
  return { spans, around, whole, within: <T>(work: () => Promise<T>) => tracer.within(whole, work) }
}

describe('steps of a job', () => {
  it('are spans, and the claim says what it answered, also to its delivery', async () => {
    const { spans, around, whole, within } = open()
    const jobs = around('jobs', createMemoryJobStore())
    const newJob = aNewJob()
    const { id } = newJob
    await within(async () => {
      await jobs.insert(newJob)
      const request = { id, workerId: 'w', leaseMs: 1_000, takeOver: false }
      await jobs.claim(request)
      const outcome = { result: null, error: null, models: [], timings: {} }
      await jobs.finish({ id, attempt: 1, state: 'succeeded', ...outcome })
      await jobs.claim(request)
    })
    whole.end()
    const told = spans.map(({ name, attributes }) => [name, attributes])
    expect(told).toEqual([
      ['insert', {}],
      ['claim', { 'muster.claim': 'claimed', 'muster.job.attempt': 1 }],
      ['write', { 'muster.job.state': 'succeeded' }],
      ['claim', { 'muster.claim': 'finished' }],
      ['whole', { 'muster.claim': 'finished', 'muster.job.attempt': 1 }],
    ])
  })

  it('of storage say nothing of where it lies, and fail by their code', async () => {
    const { spans, around, within } = open()
    const blobs = around('blobs', createMemoryBlobStore())
    await within(() => blobs.put('pictures/1/image', new Uint8Array(3), 'image/jpeg'))
    await expect(within(() => blobs.get('pictures/2/image'))).rejects.toThrow(BlobNotFoundError)
    expect(spans).toMatchObject([
      { name: 'put', attributes: {}, error: undefined },
      { name: 'fetch', error: new BlobNotFoundError('x').code },
    ])
    expect(JSON.stringify(spans)).not.toContain('pictures/')
  })

  it('are none outside of a span', async () => {
    const { spans, around } = open()
    await around('jobs', createMemoryJobStore()).insert(aNewJob())
    expect(spans).toEqual([])
  })
})

it('what is no step stays as it is', () => {
  const cache = {}
  expect(open().around('cache', cache)).toBe(cache)
})
