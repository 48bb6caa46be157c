import { describe, expect, it, vi } from 'vitest'
import { uploadKey } from '../../../../api/store-pictures.ts'
import { LIVE, startApi } from '../../../fixtures/api.ts'
import { BASE64, startChecks } from '../../../fixtures/checks.ts'
import { eventually } from '../../../fixtures/eventually.ts'
import { form, PERSON, picture } from '../../../fixtures/forms.ts'

const JOB_ID = /^[0-9a-f-]{36}$/

describe('a check that waits', () => {
  it.each([
    ['base64', { payload: { image: { base64: BASE64 } } }],
    ['a form', form({ name: 'image', bytes: PERSON })],
    ['a form of no particular type', form({ name: 'image', bytes: PERSON, type: 'application/octet-stream' })],
  ])('answers the finished job to a picture sent as %s', async (_how, request) => {
    const { post: send, work } = await startChecks()
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
    const { post: send, jobs, blobs } = await startChecks().then(({ deps, ...rest }) => ({ ...rest, ...deps }))
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
    const { post: send, work } = await startChecks()
    await work(() => ({ state: 'failed' }))
    const answer = await send('liveness', { payload: { image: { base64: BASE64 } } })
    expect([answer.statusCode, answer.json().status, answer.json().result]).toEqual([200, 'failed', null])
  })

  it('answers 202 with the place of the job when the time it prefers to wait is over', async () => {
    const { post: send, deps } = await startChecks()
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
    const { post: send, work, deps } = await startChecks()
    deps.cache.takeAway()
    await work(undefined, { silent: true })
    const answer = await send('liveness', { payload: { image: { base64: BASE64 } } })
    expect([answer.statusCode, answer.json().result]).toEqual([200, LIVE])
    expect(deps.completions.waiterCount()).toBe(0)
  })

  it('drops what its schema does not know from a result', async () => {
    const { post: send, work } = await startChecks()
    await work(() => ({ state: 'succeeded', result: { ...(LIVE as object), embedding: [1, 2, 3] } }))
    const answer = await send('liveness', { payload: { image: { base64: BASE64 } } })
    expect(answer.json().result).toEqual(LIVE)
  })
})

describe('a check that does not wait', () => {
  it('answers 202 at once and uses the bulk lane', async () => {
    const { post: send, deps } = await startChecks()
    const answer = await send('ocr', { headers: { prefer: 'respond-async' }, payload: { image: { base64: BASE64 } } })
    expect([answer.statusCode, answer.json().lane]).toEqual([202, 'bulk'])
    expect(answer.headers['preference-applied']).toBe('respond-async')
    await eventually(() => expect(deps.queue.waiting('ocr', 'bulk')).toHaveLength(1))
  })

  it('carries a well-formed trace on, and no other', async () => {
    const { post: send, deps } = await startChecks()
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
    for (const trace of [traceparent, `${traceparent}-x`])
      await send('ocr', {
        headers: { prefer: 'respond-async', traceparent: trace },
        payload: { image: { base64: BASE64 } },
      })
    await eventually(() => expect(deps.queue.waiting('ocr', 'bulk')).toHaveLength(2))
    const traces = deps.queue.waiting('ocr', 'bulk').map(({ message }) => message.traceparent)
    expect(traces).toEqual([traceparent, undefined])
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
