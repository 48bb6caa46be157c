import { describe, expect, it, vi } from 'vitest'
import { uploadKey } from '../../../../api/store-pictures.ts'
import { IdempotencyBusyError } from '../../../../infra/domain/errors.ts'
import { LIVE, startApi } from '../../../fixtures/api.ts'
import { form, PERSON, picture } from '../../../fixtures/forms.ts'

const BASE64 = PERSON.toString('base64')
const JOB_ID = /^[0-9a-f-]{36}$/

const post = async (options: Parameters<typeof startApi>[0] = undefined) => {
  const api = await startApi(options)
  return {
    ...api,
    post: (task: string, request: { headers?: object; payload: object | Buffer | string }) =>
      api.app.inject({
        method: 'POST',
        url: `/v1/${task}`,
        headers: { ...api.auth, ...request.headers } as Record<string, string>,
        payload: request.payload,
      }),
  }
}

describe('a check that waits', () => {
  it.each([
    ['base64', { payload: { image: { base64: BASE64 } } }],
    ['a form', form({ name: 'image', bytes: PERSON })],
    ['a form of no particular type', form({ name: 'image', bytes: PERSON, type: 'application/octet-stream' })],
  ])('answers the finished job to a picture sent as %s', async (_how, request) => {
    const { post: send, work } = await post()
    await work()
    const answer = await send('liveness', request)
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toMatchObject({
      id: expect.stringMatching(JOB_ID),
      task: 'liveness',
      status: 'succeeded',
      lane: 'interactive',
      result: LIVE,
      error: null,
      models: [{ name: 'm', version: '1.0.0', digest: 'sha256:00' }],
      attempts: 1,
      timings: { storeMs: expect.any(Number), queueMs: expect.any(Number), runMs: 1, replyMs: expect.any(Number) },
    })
    for (const member of ['createdAt', 'startedAt', 'finishedAt', 'deadline'])
      expect(answer.json()[member]).toBe(new Date(answer.json()[member]).toISOString())
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'server-timing': expect.stringMatching(/^store;dur=.+, queue;dur=.+, run;dur=1.0, reply;dur=.+, total;dur=/),
    })
    expect(answer.headers).not.toHaveProperty('retry-after')
  })

  it('takes two pictures, an option and an upload', async () => {
    const { post: send, jobs, blobs } = await post().then(({ deps, ...rest }) => ({ ...rest, ...deps }))
    const uploadId = '01934c2e-7b1a-7c3e-9d42-5f0a1b2c3d4e'
    await blobs.put(uploadKey('acme', uploadId), PERSON, 'image/jpeg')
    const async = { prefer: 'respond-async' }
    await send('face-match', { headers: async, payload: { target: { uploadId }, source: { base64: BASE64 } } })
    const passport = picture('passport_td3_eriksson_clean.png')
    const parts = form(
      { name: 'documentType', value: 'passport' },
      { name: 'image', bytes: passport, type: 'image/png' },
    )
    await send('ocr', { ...parts, headers: { ...parts.headers, ...async } })
    const inputs = jobs.all().map(({ input }) => ({ ...input, pictures: input.pictures.map(({ name }) => name) }))
    expect(inputs).toEqual([
      { pictures: ['source', 'target'], options: {} },
      { pictures: ['image'], options: { documentType: 'passport' } },
    ])
  })

  it('answers a negative decision and a failed job alike with 200', async () => {
    const { post: send, work } = await post()
    await work(() => ({ state: 'failed' }))
    const answer = await send('liveness', { payload: { image: { base64: BASE64 } } })
    expect([answer.statusCode, answer.json().status, answer.json().result]).toEqual([200, 'failed', null])
  })

  it('answers 202 with the place of the job when the time it prefers to wait is over', async () => {
    const { post: send, deps } = await post()
    const answer = await send('liveness', { headers: { prefer: 'wait=1' }, payload: { image: { base64: BASE64 } } })
    expect(answer.statusCode).toBe(202)
    expect(answer.json()).toMatchObject({ status: 'queued', result: null, startedAt: null, attempts: 0 })
    expect(answer.headers).toMatchObject({
      location: `/v1/jobs/${answer.json().id}`,
      'retry-after': '1',
      'preference-applied': 'wait=1',
    })
    expect(deps.completions.waiterCount()).toBe(0)
  })

  it('answers when the completion never comes and the cache has gone', async () => {
    const { post: send, work, deps } = await post()
    deps.cache.takeAway()
    await work(undefined, { silent: true })
    const answer = await send('liveness', { payload: { image: { base64: BASE64 } } })
    expect([answer.statusCode, answer.json().result]).toEqual([200, LIVE])
    expect(deps.completions.waiterCount()).toBe(0)
  })

  it('drops what its schema does not know from a result', async () => {
    const { post: send, work } = await post()
    await work(() => ({ state: 'succeeded', result: { ...(LIVE as object), embedding: [1, 2, 3] } }))
    const answer = await send('liveness', { payload: { image: { base64: BASE64 } } })
    expect(answer.json().result).toEqual(LIVE)
  })
})

describe('a check that does not wait', () => {
  it('answers 202 at once and uses the bulk lane', async () => {
    const { post: send, deps } = await post()
    const answer = await send('ocr', { headers: { prefer: 'respond-async' }, payload: { image: { base64: BASE64 } } })
    expect([answer.statusCode, answer.json().lane]).toEqual([202, 'bulk'])
    expect(answer.headers['preference-applied']).toBe('respond-async')
    await vi.waitFor(() => expect(deps.queue.waiting('ocr', 'bulk')).toHaveLength(1))
  })

  it('carries a well-formed trace on, and no other', async () => {
    const { post: send, deps } = await post()
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
    for (const trace of [traceparent, `${traceparent}-x`])
      await send('ocr', {
        headers: { prefer: 'respond-async', traceparent: trace },
        payload: { image: { base64: BASE64 } },
      })
    await vi.waitFor(() => expect(deps.queue.waiting('ocr', 'bulk')).toHaveLength(2))
    const traces = deps.queue.waiting('ocr', 'bulk').map(({ message }) => message.traceparent)
    expect(traces).toEqual([traceparent, undefined])
  })
})

describe('an idempotency key', () => {
  const once = { 'idempotency-key': 'once' }

  it('replays the finished job, also when it comes as a form the second time', async () => {
    const { post: send, work, deps } = await post()
    await work()
    const first = await send('liveness', { headers: once, payload: { image: { base64: BASE64 } } })
    const parts = form({ name: 'image', bytes: PERSON })
    const again = await send('liveness', { ...parts, headers: { ...parts.headers, ...once } })
    expect(again.statusCode).toBe(200)
    expect(again.json().id).toBe(first.json().id)
    expect(again.json().timings).not.toHaveProperty('replyMs')
    expect([first, again].map(({ headers }) => headers['idempotent-replayed'])).toEqual([undefined, 'true'])
    expect([deps.jobs.all().length, deps.blobs.keys().length]).toEqual([1, 1])
  })

  it('joins work in flight: both callers get the one outcome', async () => {
    const { post: send, work, deps } = await post()
    const request = { headers: once, payload: { image: { base64: BASE64 } } }
    const both = Promise.all([send('liveness', request), send('liveness', request)])
    await vi.waitFor(() => expect(deps.completions.waiterCount()).toBe(2))
    await work()
    const [one, two] = await both
    expect([one.statusCode, two.statusCode, one.json().id]).toEqual([200, 200, two.json().id])
    expect(two.headers).not.toHaveProperty('idempotent-replayed')
    expect(deps.jobs.all()).toHaveLength(1)
  })

  it('brings nothing back of a job that was erased since', async () => {
    const { app, auth, post: send, work, deps } = await post()
    await work()
    const request = { headers: once, payload: { image: { base64: BASE64 } } }
    const { id } = (await send('liveness', request)).json() as { id: string }
    await app.inject({ method: 'DELETE', url: `/v1/jobs/${id}`, headers: auth })
    expect((await send('liveness', request)).json()).toMatchObject({ status: 410, code: 'JOB_ERASED' })
    expect([deps.blobs.keys(), deps.completions.waiterCount()]).toEqual([[], 0])
  })

  it('is refused with another request', async () => {
    const { post: send } = await post()
    const headers = { ...once, prefer: 'respond-async' }
    await send('liveness', { headers, payload: { image: { base64: BASE64 } } })
    const answer = await send('ocr', { headers, payload: { image: { base64: BASE64 } } })
    expect([answer.statusCode, answer.json().code]).toEqual([422, 'IDEMPOTENCY_MISMATCH'])
  })

  it('is refused for a moment, retryably, while there is no job any more that could be joined', async () => {
    const { post: send, deps } = await post()
    vi.spyOn(deps.jobs, 'insert').mockRejectedValueOnce(new IdempotencyBusyError())
    const request = { headers: { ...once, prefer: 'respond-async' }, payload: { image: { base64: BASE64 } } }
    expect((await send('liveness', request)).json()).toMatchObject({
      status: 409,
      code: 'IDEMPOTENCY_BUSY',
      retryable: true,
    })
    expect(deps.blobs.keys()).toEqual([])
    expect((await send('liveness', request)).statusCode).toBe(202)
  })

  it('replays a job that was canceled: the same request has the same outcome', async () => {
    const { app, auth, post: send, deps } = await post()
    const request = { headers: { ...once, prefer: 'respond-async' }, payload: { image: { base64: BASE64 } } }
    const { id } = (await send('liveness', request)).json() as { id: string }
    await app.inject({ method: 'POST', url: `/v1/jobs/${id}/cancel`, headers: auth })
    const again = await send('liveness', request)
    expect([again.statusCode, again.json().id, again.json().status]).toEqual([200, id, 'canceled'])
    expect(again.headers['idempotent-replayed']).toBe('true')
    expect(deps.jobs.all()).toHaveLength(1)
  })

  it.each([
    ['empty', ''],
    ['over 255 characters', 'x'.repeat(256)],
    ['with a space', 'a b'],
    ['beyond ASCII', 'schlüssel'],
  ])('is refused when it is %s', async (_what, key) => {
    const { post: send, deps } = await post()
    const answer = await send('liveness', {
      headers: { 'idempotency-key': key },
      payload: { image: { base64: BASE64 } },
    })
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'IDEMPOTENCY_KEY_INVALID'])
    expect(deps.jobs.all()).toEqual([])
  })
})

it('serves only the tasks that a pool serves', async () => {
  const { app, auth } = await startApi(undefined, { pools: [{ name: 'only', tasks: ['ocr'] }] })
  const statuses = await Promise.all(
    ['face-match', 'liveness', 'ocr'].map(async (task) => {
      const answer = await app.inject({ method: 'POST', url: `/v1/${task}`, headers: auth, payload: {} })
      return answer.statusCode
    }),
  )
  expect(statuses).toEqual([404, 404, 400])
})

it('offers one more task by one more definition, without pictures too', async () => {
  const { liveness } = await import('../../../../api/routes/liveness.ts')
  const { app, auth, deps } = await startApi(undefined, {}, [{ ...liveness, path: 'nothing', pictures: [] }])
  const answer = await app.inject({
    method: 'POST',
    url: '/v1/nothing',
    headers: { ...auth, prefer: 'wait=0' },
    payload: {},
  })
  expect(answer.statusCode).toBe(202)
  expect(deps.jobs.all()).toMatchObject([{ task: 'liveness', input: { pictures: [] } }])
})

it('refuses early when the work could not be done in time', async () => {
  const { app, auth, deps } = await startApi(undefined, { maxDepthCount: 1 })
  const send = () =>
    app.inject({
      method: 'POST',
      url: '/v1/ocr',
      headers: { ...auth, prefer: 'respond-async' },
      payload: { image: { base64: BASE64 } },
    })
  vi.spyOn(deps.queue, 'depth').mockResolvedValue({ readyCount: 1, consumerCount: 0 })
  await send()
  const answer = await send()
  expect([answer.statusCode, answer.json().code, answer.json().retryable]).toEqual([429, 'OVERLOADED', true])
  expect(answer.headers['retry-after']).toBe('60')
})
