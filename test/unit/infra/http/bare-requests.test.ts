import { describe, expect, it } from 'vitest'
import { type Api, startApi } from '../../../fixtures/api.ts'
import { aNewJob } from '../../../fixtures/jobs.ts'

const cancel = async ({ app, auth, deps }: Api, headers: Record<string, string>, payload?: string) => {
  const { job } = await deps.jobs.insert(aNewJob({ tenant: 'acme' }))
  const url = `/v1/jobs/${job.id}/cancel`
  const answer = await app.inject({
    method: 'POST',
    url,
    headers: { ...auth, ...headers },
    ...(payload !== undefined && { payload }),
  })
  return [answer.statusCode, answer.json().status]
}

describe('a route that takes no body', () => {
  it.each<[string, Record<string, string>, string | undefined]>([
    ['none', {}, undefined],
    ['an empty one of JSON', { 'content-type': 'application/json' }, ''],
    ['an empty object', { 'content-type': 'application/json' }, '{}'],
    ['broken JSON', { 'content-type': 'application/json' }, '{'],
    ['a type that nobody knows', { 'content-type': 'a/b/c' }, 'x'],
    ['more than other routes take', { 'content-type': 'application/json' }, ' '.repeat(100_000)],
  ])('does what it is asked with %s', async (_what, headers, payload) => {
    expect(await cancel(await startApi(), headers, payload)).toEqual([200, 'canceled'])
  })
})

it('a path that is not there is not there, whatever comes with it', async () => {
  const { app, auth } = await startApi()
  for (const type of ['application/json', ';', 'a/b/c']) {
    const headers = { ...auth, 'content-type': type }
    const answer = await app.inject({ method: 'POST', url: '/v1/nothing', headers, payload: '{' })
    expect(answer.json()).toMatchObject({ status: 404, code: 'NOT_FOUND' })
  }
})

it.each([
  ['https://muster.example', 'max-age=31536000'],
  ['http://muster.example', undefined],
  [undefined, undefined],
])('a service at %s asks browsers for TLS: %s', async (publicUrl, expected) => {
  const { app } = await startApi(undefined, publicUrl === undefined ? {} : { publicUrl })
  const { headers } = await app.inject('/livez')
  expect(headers['strict-transport-security']).toBe(expected)
})

it.each(['PROPFIND', 'QUERY', 'TRACE', 'LOCK', 'PURGE'])(
  '%s of a known path is refused, and of an unknown one is no fault of ours',
  async (method) => {
    const { app, auth } = await startApi()
    const known = await app.inject({ method: method as 'GET', url: '/v1/ocr', headers: auth })
    expect([known.statusCode, known.headers.allow]).toEqual([405, 'POST'])
    const unknown = await app.inject({ method: method as 'GET', url: '/v1/nothing', headers: auth })
    expect([404, 415]).toContain(unknown.statusCode)
  },
)
