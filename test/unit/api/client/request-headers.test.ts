import { describe, expect, it } from 'vitest'
import { aJob, aPendingJob, finished, json, problem, reset, startScriptedServer, text } from './scripted-server.ts'
import { JPEG, rejection, useServer } from './setup.ts'

const context = useServer()
const done = finished(aJob('liveness'))

describe('what a request carries', () => {
  it('goes below a base url that has a path', async () => {
    const { server, muster } = context
    server.will(json(200, { models: [] }))
    await muster({ baseUrl: `${server.url}/checks/` }).models.list()
    expect(server.requests[0]?.path).toBe('/checks/v1/models')
  })

  it('never goes where a redirect points', async () => {
    const other = await startScriptedServer()
    const { server, muster } = context
    server.will(text(307, '', { location: `${other.url}/v1/liveness` }))
    const thrown = await rejection(muster().liveness({ image: JPEG }))
    expect(thrown).toMatchObject({ name: 'InvalidAnswerError', code: 'REDIRECTED', status: 307, retryable: false })
    expect(other.requests).toHaveLength(0)
    await other.close()
  })
})

describe('traceparent', () => {
  const SPAN = `00-${'a1'.repeat(16)}-${'b2'.repeat(8)}-01`

  it('is asked for before each attempt, and sent', async () => {
    const { server, muster } = context
    const spans = [SPAN, SPAN.replace('b2b2', 'c3c3')]
    server.will(reset, done)
    await muster({ traceparent: () => spans.shift() }).liveness({ image: JPEG })
    const sent = server.requests.map(({ headers }) => headers.traceparent)
    expect(sent).toEqual([SPAN, SPAN.replace('b2b2', 'c3c3')])
  })

  it.each([undefined, '', 'my span', `${SPAN}\r\nx: y`])('is left out where it is none: %j', async (traceparent) => {
    const { server, muster } = context
    server.will(done)
    await muster({ traceparent: () => traceparent }).liveness({ image: JPEG })
    expect(server.requests[0]?.headers).not.toHaveProperty('traceparent')
  })
})

describe('an idempotency key', () => {
  it('goes with every POST to the service, the same for all its attempts, and with nothing else', async () => {
    const { server, muster } = context
    server.will(problem(503), json(200, aPendingJob('liveness', { status: 'canceling' })))
    await muster().jobs.cancel('job-1')
    server.will(json(200, aPendingJob('liveness')))
    await muster().jobs.get('job-1')
    server.will(json(200, aPendingJob('liveness', { status: 'canceling' })))
    await muster().jobs.cancel('job-1')
    const [first, again, look, later] = server.requests.map(({ headers }) => headers['idempotency-key'])
    expect(first).toMatch(/^muster-sdk-/)
    expect([again, look]).toEqual([first, undefined])
    expect(later).not.toBe(first)
  })

  it('is not shown to an object store', async () => {
    const { server, muster } = context
    const signed = { uploadId: 'u', method: 'POST', headers: {}, fields: {}, expiresAt: '2026-11-20T09:05:00.000Z' }
    server.will(json(201, { ...signed, url: `${server.url}/store` }), text(204, ''))
    await muster().uploads.create(JPEG)
    const keys = server.requests.map(({ headers }) => headers['idempotency-key'])
    expect(keys).toEqual([expect.stringMatching(/^muster-sdk-/), undefined])
  })
})
