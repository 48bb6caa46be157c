import { expect, it } from 'vitest'
import { UnavailableError } from '../../../infra/domain/errors.ts'
import { startAutoscalerApp } from '../../fixtures/autoscaler-app.ts'

it('answers what people ask while nobody leads, and takes what they say', async () => {
  const { ask } = await startAutoscalerApp()
  expect((await ask('GET', '/v1/pools')).status).toBe(200)
  expect((await ask('POST', '/v1/pools/checks/overrides', { command: 'hold checks because r' })).status).toBe(201)
})

it('is unavailable, and says when to come again, while the database is away', async () => {
  const away = async () => {
    throw new UnavailableError('postgres', new Error('gone'))
  }
  const { app, auth } = await startAutoscalerApp({ decisions: { list: away, at: away, looks: away } })
  const answer = await app.inject({ url: '/v1/pools', headers: auth })
  expect([answer.statusCode, answer.json().code, answer.headers['retry-after']]).toEqual([503, 'UNAVAILABLE', '2'])
})

it('says nothing of an error that is its own fault', async () => {
  const { app, auth } = await startAutoscalerApp({
    decisions: {
      list: async () => {
        throw new Error('password of the database')
      },
      at: async () => undefined,
      looks: async () => [],
    },
  })
  const answer = await app.inject({ url: '/v1/pools', headers: auth })
  expect(answer.statusCode).toBe(500)
  expect(answer.body).not.toContain('password')
})

it('lets others answer in a scope of their own, with bodies of their own', async () => {
  const { app } = await startAutoscalerApp({
    slack: (scope) => {
      scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'buffer' }, (_request, body, done) =>
        done(null, body),
      )
      scope.post('/v1/raw', { config: { access: 'public' }, schema: { body: {}, hide: true } }, async (request) => {
        return { bytes: (request.body as Buffer).length }
      })
    },
  })
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const raw = await app.inject({ method: 'POST', url: '/v1/raw', headers, payload: 'a=1' })
  expect(raw.json()).toEqual({ bytes: 3 })
  const other = await app.inject({ method: 'PUT', url: '/v1/schedule/x', headers, payload: 'a=1' })
  expect(other.statusCode).toBe(401)
})

it('refuses other methods on known paths, and knows no others', async () => {
  const { app, ask } = await startAutoscalerApp()
  const answer = await app.inject({ method: 'PATCH', url: '/v1/pools' })
  expect([answer.statusCode, answer.headers.allow]).toEqual([405, 'GET, HEAD'])
  expect((await ask('GET', '/v1/nothing')).body.code).toBe('NOT_FOUND')
})

it('is no longer ready once it drains, and answers until it has', async () => {
  const { app } = await startAutoscalerApp({}, { shutdownDelayMs: 200 })
  expect((await app.inject('/readyz')).statusCode).toBe(200)
  const drained = app.drain()
  expect((await app.inject('/readyz')).statusCode).toBe(503)
  expect((await app.inject('/livez')).statusCode).toBe(200)
  await drained
})
