import { describe, expect, it } from 'vitest'
import {
  ConfigurationError,
  isFinished,
  JobCanceledError,
  JobFailedError,
  resultOf,
} from '../../../../api/client/client.ts'
import { outcome } from '../../../../infra/domain/outcomes.ts'
import { accepted, aJob, aPendingJob, finished, json, problem, results, text } from './scripted-server.ts'
import { JPEG, rejection, useServer } from './setup.ts'

const context = useServer()

describe('jobs.get', () => {
  it('answers with the job as it is, without waiting', async () => {
    const { server, muster } = context
    server.will(accepted(aPendingJob('ocr', { status: 'running' })), finished(aJob('ocr')))
    const first = await muster().jobs.get('job-1')
    const second = await muster().jobs.get('job-1')
    expect([first.status, isFinished(first), isFinished(second)]).toEqual(['running', false, true])
    expect(server.requests[0]?.headers.prefer).toBeUndefined()
  })

  it('keeps an id from leaving its place in the path', async () => {
    const { server, muster } = context
    server.will(problem(404, { code: 'JOB_NOT_FOUND' }))
    expect(await rejection(muster().jobs.get('../models?x'))).toMatchObject({ code: 'JOB_NOT_FOUND' })
    expect(server.requests[0]?.path).toBe('/v1/jobs/..%2Fmodels%3Fx')
  })

  it('refuses an empty id before anything is sent', async () => {
    const { server, muster } = context
    expect(await rejection(muster().jobs.get(''))).toBeInstanceOf(ConfigurationError)
    expect(await rejection(muster().jobs.wait(''))).toBeInstanceOf(ConfigurationError)
    expect(server.requests).toHaveLength(0)
  })
})

describe('jobs.wait', () => {
  it('takes up waiting for a job that was submitted before, and keeps the type of its result', async () => {
    const { server, muster } = context
    server.will(accepted(), accepted(), finished(aJob('face-match')))
    const submitted = await muster().faceMatch({ source: JPEG, target: JPEG }, { async: true })
    const job = await muster().jobs.wait(submitted)
    expect(resultOf(job).similarity).toBe(results['face-match'].similarity)
  })

  it('answers with a job that failed, and leaves it to resultOf to throw', async () => {
    const { server, muster } = context
    server.will(json(200, { ...aJob('liveness'), status: 'failed', result: null, error: outcome('NO_FACE') }))
    const job = await muster().jobs.wait('job-1')
    expect(job.status).toBe('failed')
    expect(() => resultOf(job)).toThrow(JobFailedError)
  })

  it('gives up in time and names the job', async () => {
    const { server, muster } = context
    server.will(accepted(undefined, { 'retry-after': '9' }))
    const thrown = await rejection(muster().jobs.wait('job-1', { timeoutMs: 4_000 }))
    expect(thrown).toMatchObject({ name: 'TimeoutError', jobId: 'job-1' })
    expect((thrown as Error).message).toBe('no result within 4000 ms; job job-1 goes on')
  })
})

describe('jobs.cancel', () => {
  it('answers with the job as it is then', async () => {
    const { server, muster } = context
    server.will(json(200, { ...aJob('ocr'), status: 'canceled', result: null }))
    expect(await muster().jobs.cancel('job-1')).toMatchObject({ status: 'canceled' })
    expect(server.requests[0]).toMatchObject({ method: 'POST', path: '/v1/jobs/job-1/cancel' })
  })

  it('answers with a job that a worker still has, and waiting for it ends with its cancellation', async () => {
    const { server, muster } = context
    server.will(
      json(202, aPendingJob('ocr', { status: 'canceling' })),
      json(200, aPendingJob('ocr', { status: 'canceling' })),
    )
    server.will(json(200, { ...aJob('ocr'), status: 'canceled', result: null }))
    const canceling = await muster().jobs.cancel('job-1')
    expect([canceling.status, isFinished(canceling)]).toEqual(['canceling', false])
    const ended = await muster().jobs.wait(canceling)
    expect(() => resultOf(ended)).toThrow(JobCanceledError)
  })
})

describe('jobs.erase', () => {
  it('deletes, and takes an answer with or without a body', async () => {
    const { server, muster } = context
    server.will(text(204, ''), json(200, aJob('ocr')))
    expect(await muster().jobs.erase('job-1')).toBeUndefined()
    expect(await muster().jobs.erase('job-1')).toBeUndefined()
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'DELETE /v1/jobs/job-1',
      'DELETE /v1/jobs/job-1',
    ])
  })

  it('throws when there is no such job', async () => {
    const { server, muster } = context
    server.will(problem(404))
    expect(await rejection(muster().jobs.erase('job-9'))).toMatchObject({ name: 'NotFoundError', jobId: 'job-9' })
  })
})
