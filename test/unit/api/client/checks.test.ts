import { describe, expect, it } from 'vitest'
import {
  AbortError,
  JobCanceledError,
  JobExpiredError,
  JobFailedError,
  RateLimitError,
  TimeoutError,
} from '../../../../api/client/client.ts'
import { OUTCOMES } from '../../../../infra/domain/outcomes.ts'
import { accepted, aJob, aPendingJob, finished, json, problem, reset, results, silence } from './scripted-server.ts'
import { JPEG, PNG, rejection, useServer } from './setup.ts'

const context = useServer()
const pair = { source: JPEG, target: PNG }

describe('a check', () => {
  it('sends both pictures as multipart files and answers with the result, the job beside it', async () => {
    const { server, muster } = context
    server.will(finished(aJob('face-match')))
    const answer = await muster().faceMatch(pair)

    expect(answer).toEqual(results['face-match'])
    expect(answer.job.id).toBe('job-1')
    expect(JSON.parse(JSON.stringify(answer))).toEqual(results['face-match'])
    const [request] = server.requests
    expect(request).toMatchObject({ method: 'POST', path: '/v1/face-match' })
    expect(request?.headers).toMatchObject({ authorization: 'Bearer muster_live_test', prefer: 'wait=20' })
    expect(request?.headers['idempotency-key']).toMatch(/^muster-sdk-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f-]{17,}$/)
    const form = await request?.form()
    const source = form?.get('source') as File
    expect(source).toMatchObject({ type: 'image/jpeg', name: 'source' })
    expect(new Uint8Array(await source.arrayBuffer())).toEqual(JPEG)
    expect(form?.get('target')).toMatchObject({ type: 'image/png' })
  })

  it('sends the document type beside the picture', async () => {
    const { server, muster } = context
    server.will(finished(aJob('ocr')), finished(aJob('ocr')), finished(aJob('liveness')))
    const { fields } = await muster().ocr({ image: PNG, documentType: 'passport' })
    await muster().ocr({ image: PNG })
    const { live } = await muster().liveness({ image: PNG })

    expect([fields.surname?.value, live]).toEqual(['ERIKSSON', true])
    const forms = await Promise.all(server.requests.map((request) => request.form()))
    expect(forms.map((form) => [...form.keys()])).toEqual([['documentType', 'image'], ['image'], ['image']])
    expect(forms[0]?.get('documentType')).toBe('passport')
    expect(server.requests.map(({ path }) => path)).toEqual(['/v1/ocr', '/v1/ocr', '/v1/liveness'])
  })

  it('uses another idempotency key for each call, or the one it is given', async () => {
    const { server, muster } = context
    server.will(...Array.from({ length: 3 }, () => finished(aJob('liveness'))))
    await muster().liveness({ image: JPEG })
    await muster().liveness({ image: JPEG })
    await muster().liveness({ image: JPEG }, { idempotencyKey: 'order-17' })
    const keys = server.requests.map(({ headers }) => headers['idempotency-key'])
    expect(new Set(keys).size).toBe(3)
    expect(keys[2]).toBe('order-17')
  })

  it('keeps members of the result and of the job that it does not know', async () => {
    const { server, muster } = context
    server.will(json(200, { ...aJob('liveness'), region: 'eu', result: { ...results.liveness, depth: 3 } }))
    const answer = await muster().liveness({ image: JPEG })
    expect(answer).toMatchObject({ depth: 3 })
    expect(answer.job).toMatchObject({ region: 'eu' })
  })

  it('polls until the job is finished when the answer is that it is not', async () => {
    const { server, muster, timers } = context
    server.will(
      accepted(undefined, { 'retry-after': '7' }),
      accepted(aPendingJob('face-match', { status: 'running' }), { 'retry-after': '3' }),
      accepted(),
      accepted(),
      finished(aJob('face-match')),
    )
    const { match } = await muster().faceMatch(pair)
    expect(match).toBe(true)
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /v1/face-match',
      ...Array.from({ length: 4 }, () => 'GET /v1/jobs/job-1'),
    ])
    expect(server.requests[1]?.headers).toMatchObject({ prefer: 'wait=20', authorization: 'Bearer muster_live_test' })
    expect(timers.pauses).toEqual([3_000, 750, 1_125])
  })

  it('answers with the accepted job at once when it is asynchronous', async () => {
    const { server, muster } = context
    server.will(accepted(aPendingJob('face-match', { lane: 'bulk' })))
    const job = await muster().faceMatch(pair, { async: true })
    expect(job).toMatchObject({ id: 'job-1', status: 'queued', lane: 'bulk' })
    expect(server.requests[0]?.headers.prefer).toBe('respond-async')
    expect(server.requests).toHaveLength(1)
  })
})

describe('a check that does not succeed', () => {
  it('throws what the job failed with, the picture at fault and what to do', async () => {
    const { server, muster } = context
    const error = { ...OUTCOMES.NO_FACE, picture: 'target' }
    server.will(json(200, { ...aJob('face-match'), status: 'failed', result: null, error }))
    const thrown = await rejection(muster().faceMatch(pair))
    expect(thrown).toBeInstanceOf(JobFailedError)
    expect(thrown).toMatchObject({
      name: 'JobFailedError',
      code: 'NO_FACE',
      fault: 'caller',
      retryable: false,
      picture: 'target',
      hint: OUTCOMES.NO_FACE.hint,
      message: 'target: no face was found in the picture',
      jobId: 'job-1',
      job: { status: 'failed' },
    })
    expect(server.requests).toHaveLength(1)
  })

  it.each([
    ['expired', JobExpiredError, OUTCOMES.DEADLINE_EXCEEDED, 'DEADLINE_EXCEEDED'],
    ['expired', JobExpiredError, null, 'DEADLINE_EXCEEDED'],
    ['canceled', JobCanceledError, null, 'JOB_CANCELED'],
  ] as const)('throws for a job that is %s', async (status, Class, error, code) => {
    const { server, muster } = context
    server.will(accepted(), json(200, { ...aJob('face-match'), status, result: null, error }))
    const thrown = await rejection(muster().faceMatch(pair))
    expect(thrown).toBeInstanceOf(Class)
    expect(thrown).toMatchObject({ code, jobId: 'job-1', job: { status } })
  })
})

describe('the time of a check', () => {
  it('ends a call the service never answers', async () => {
    const { server, muster } = context
    server.will(silence)
    const thrown = await rejection(muster({ timeoutMs: 40 }).faceMatch(pair))
    expect(thrown).toBeInstanceOf(TimeoutError)
    expect(thrown).toMatchObject({ code: 'TIMEOUT', retryable: true, jobId: undefined })
  })

  it('names the job when it was accepted but not finished in time', async () => {
    const { server, muster, timers } = context
    server.will(accepted(), (...exchange) => {
      timers.advance(60_000)
      reset(...exchange)
    })
    const thrown = await rejection(muster().faceMatch(pair, { timeoutMs: 60_000 }))
    expect(thrown).toMatchObject({ name: 'TimeoutError', jobId: 'job-1', cause: expect.any(TypeError) })
  })

  it('asks the service to wait no longer than there is time', async () => {
    const { server, muster } = context
    server.will(problem(503), finished(aJob('face-match')))
    await muster({ timeoutMs: 6_000 }).faceMatch(pair)
    expect(server.requests.map(({ headers }) => headers.prefer)).toEqual(['wait=5', 'wait=5'])
  })

  it('gives up polling when the time is over', async () => {
    const { server, muster, timers } = context
    server.will(...Array.from({ length: 10 }, () => accepted(undefined, { 'retry-after': '2' })))
    const thrown = await rejection(muster({ timeoutMs: 5_000 }).faceMatch(pair))
    expect(thrown).toMatchObject({ name: 'TimeoutError', jobId: 'job-1' })
    expect(timers.pauses).toEqual([2_000, 2_000, 1_000])
  })

  it('does not start a pause that outlasts the call, but tells what happened', async () => {
    const { server, muster, timers } = context
    server.will(problem(429, { code: 'OVERLOADED' }, { 'retry-after': '30' }))
    const thrown = await rejection(muster({ timeoutMs: 20_000 }).faceMatch(pair))
    expect(thrown).toBeInstanceOf(RateLimitError)
    expect(thrown).toMatchObject({ code: 'OVERLOADED', retryAfterMs: 30_000 })
    expect(timers.pauses).toEqual([])
  })

  it('is not eaten by a picture whose stream never ends', async () => {
    const stalled = new ReadableStream<Uint8Array>()
    const thrown = await rejection(context.muster().liveness({ image: stalled }, { timeoutMs: 40 }))
    expect(thrown).toBeInstanceOf(TimeoutError)
    expect(context.server.requests).toHaveLength(0)
  })
})

describe('an abort', () => {
  it('before the call sends nothing', async () => {
    const { server, muster } = context
    const signal = AbortSignal.abort('left the page')
    const thrown = await rejection(muster().faceMatch(pair, { signal }))
    expect(thrown).toBeInstanceOf(AbortError)
    expect(thrown).toMatchObject({ cause: 'left the page', retryable: false })
    expect(server.requests).toHaveLength(0)
  })

  it('while waiting ends the call and leaves the job alone', async () => {
    const { server, muster } = context
    const controller = new AbortController()
    server.will(accepted(), () => controller.abort())
    const thrown = await rejection(muster().faceMatch(pair, { signal: controller.signal }))
    expect(thrown).toMatchObject({ name: 'AbortError', jobId: 'job-1' })
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'GET'])
  })

  it('while waiting cancels the job too when asked to', async () => {
    const { server, muster } = context
    const controller = new AbortController()
    server.will(accepted(), () => controller.abort(), json(200, aPendingJob('face-match')))
    const call = muster().faceMatch(pair, { signal: controller.signal, cancelOnAbort: true })
    expect(await rejection(call)).toBeInstanceOf(AbortError)
    await server.received(3)
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /v1/face-match',
      'GET /v1/jobs/job-1',
      'POST /v1/jobs/job-1/cancel',
    ])
    expect(server.requests[0]?.headers.prefer).toBe('wait=1')
  })

  it('while submitting still learns the job and cancels it when asked to', async () => {
    const { server, muster } = context
    const controller = new AbortController()
    let answer = () => {}
    server.will(
      (response, request, url) => {
        answer = () => accepted()(response, request, url)
        controller.abort()
      },
      json(200, aPendingJob('face-match')),
    )
    const call = muster().faceMatch(pair, { signal: controller.signal, cancelOnAbort: true })
    expect(await rejection(call)).toBeInstanceOf(AbortError)
    answer()
    await server.received(2)
    expect(server.requests[1]).toMatchObject({ method: 'POST', path: '/v1/jobs/job-1/cancel' })
  })

  it('ends a pause before the next attempt', async () => {
    const { server, muster, timers } = context
    const controller = new AbortController()
    server.will(reset)
    const pause = async () => controller.abort()
    const options = { signal: controller.signal }
    const thrown = await rejection(muster({ timers: { ...timers, pause } }).faceMatch(pair, options))
    expect(thrown).toBeInstanceOf(AbortError)
    expect(server.requests).toHaveLength(1)
  })
})
