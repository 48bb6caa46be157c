import { describe, expect, it } from 'vitest'
import {
  AuthenticationError,
  BadRequestError,
  ConflictError,
  InternalServerError,
  MusterError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  TimeoutError,
  UnavailableError,
  UnprocessableError,
} from '../../../../api/client/client.ts'
import { json, problem, text } from './scripted-server.ts'
import { JPEG, rejection, useServer } from './setup.ts'

const context = useServer()

describe('an error answer', () => {
  it.each([
    [400, BadRequestError, 'BadRequestError'],
    [401, AuthenticationError, 'AuthenticationError'],
    [403, PermissionDeniedError, 'PermissionDeniedError'],
    [404, NotFoundError, 'NotFoundError'],
    [405, BadRequestError, 'BadRequestError'],
    [408, TimeoutError, 'TimeoutError'],
    [409, ConflictError, 'ConflictError'],
    [410, NotFoundError, 'NotFoundError'],
    [413, BadRequestError, 'BadRequestError'],
    [415, BadRequestError, 'BadRequestError'],
    [422, UnprocessableError, 'UnprocessableError'],
    [429, RateLimitError, 'RateLimitError'],
    [500, InternalServerError, 'InternalServerError'],
    [502, InternalServerError, 'InternalServerError'],
    [503, UnavailableError, 'UnavailableError'],
  ] as const)('of status %i has a class of its own', async (status, Class, name) => {
    const { server, muster } = context
    server.will(
      problem(
        status,
        { title: 'A title', code: 'SOME_CODE', hint: 'do this', request_id: 'req-b' },
        { 'x-request-id': 'req-9', 'retry-after': '2' },
      ),
    )
    const thrown = await rejection(muster({ maxRetries: 0 }).jobs.get('job-1'))
    expect(thrown).toBeInstanceOf(Class)
    expect(thrown).toBeInstanceOf(MusterError)
    expect(thrown).toMatchObject({
      name,
      status,
      code: 'SOME_CODE',
      message: 'A title',
      hint: 'do this',
      requestId: 'req-9',
      jobId: 'job-1',
      problem: { title: 'A title', request_id: 'req-b' },
    })
    expect((thrown as MusterError).headers?.get('retry-after')).toBe('2')
  })

  it('carries how long to wait when too much is waiting', async () => {
    const { server, muster } = context
    server.will(problem(429, {}, { 'retry-after': '90' }), problem(429, { retryable: false }))
    expect(await rejection(muster().jobs.get('a'))).toMatchObject({ retryAfterMs: 90_000, retryable: true })
    expect(await rejection(muster().jobs.get('a'))).toMatchObject({ retryAfterMs: undefined, retryable: false })
  })

  it('names every place that is wrong, once', async () => {
    const { server, muster } = context
    const detail = 'the request is not valid'
    const errors = [
      { pointer: '/documentType', detail: 'is not one of the allowed values' },
      { pointer: '/image', detail },
    ]
    server.will(problem(400, { title: 'Bad', detail, errors }))
    expect(await rejection(muster().liveness({ image: JPEG }))).toMatchObject({
      message: 'the request is not valid: /documentType is not one of the allowed values; /image',
    })
  })

  it.each([
    ['a page for people', text(404, '<html>not here</html>', { 'content-type': 'text/html' })],
    ['a list', json(404, [])],
    ['nothing', text(404, '')],
    ['JSON that breaks off', text(404, '{"title":', { 'content-type': 'application/problem+json' })],
    ['members of other types', problem(404, { title: 7, code: null, errors: 'none', hint: {} })],
  ])('that holds %s is still told by its status', async (_, answer) => {
    const { server, muster } = context
    server.will(answer)
    expect(await rejection(muster().jobs.get('job-1'))).toMatchObject({
      name: 'NotFoundError',
      code: 'HTTP_404',
      message: 'the service answered 404',
      hint: undefined,
    })
  })

  it('takes the request id from the body when a proxy dropped the header', async () => {
    const { server, muster } = context
    server.will(problem(400, { request_id: 'req-b' }, { 'x-request-id': '' }))
    expect(await rejection(muster().jobs.get('job-1'))).toMatchObject({ requestId: 'req-b' })
  })
})
