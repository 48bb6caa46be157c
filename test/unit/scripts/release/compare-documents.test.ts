import { describe, expect, it } from 'vitest'
import { type ApiDocument, compareDocuments } from '../../../../scripts/release/compare-documents.ts'
import type { Schema } from '../../../../scripts/release/compare-schemas.ts'
import { startApi } from '../../../fixtures/api.ts'

const PROBLEM = { description: '`NOT_FOUND`: There is nothing here; `GONE`: no more' }
const operation = {
  operationId: 'make',
  parameters: [{ in: 'header', name: 'Prefer', required: false, schema: { type: 'string' } }],
  requestBody: { required: true, content: { 'application/json': { schema: { maxLength: 9 } } } },
  responses: {
    200: {
      description: 'done',
      headers: { link: { schema: { type: 'string' } } },
      content: { 'application/json': { schema: { maxLength: 9 } } },
    },
    404: PROBLEM,
  },
  security: [{ key: ['a:read'] }],
}
const documentOf = (over: object = {}): ApiDocument => ({ paths: { '/v1/x': { post: { ...operation, ...over } } } })
const verdicts = (before: ApiDocument, now: ApiDocument) =>
  compareDocuments(before, now).map(({ breaking, at, what }) => `${breaking ? 'breaking' : 'added'} ${at}: ${what}`)
const json = (schema: Schema) => ({ 'application/json': { schema } })

describe('documents', () => {
  it('that are one have no difference', async () => {
    const { app } = await startApi()
    const document = (await app.inject('/openapi.json')).json() as ApiDocument
    expect(compareDocuments(document, structuredClone(document))).toEqual([])
  })

  const param = operation.parameters[0]
  it.each([
    ['an operation', {}, undefined, 'breaking POST /v1/x: it is gone', 'added POST /v1/x: it is new'],
    [
      'a parameter',
      {},
      { parameters: [] },
      'breaking POST /v1/x header prefer: the parameter is gone',
      'added POST /v1/x header prefer: a new parameter',
    ],
    [
      'the freedom to leave a parameter out',
      {},
      { parameters: [{ ...param, required: true }] },
      'breaking POST /v1/x header prefer: it is required now',
      'added POST /v1/x header prefer: it may be missing now',
    ],
    [
      'room in a body',
      {},
      { requestBody: { required: true, content: json({ maxLength: 8 }) } },
      'breaking POST /v1/x body application/json : maxLength is 8, was 9',
      'added POST /v1/x body application/json : maxLength is 9, was 8',
    ],
    [
      'a type of body',
      {},
      { requestBody: { required: true, content: {} } },
      'breaking POST /v1/x body: application/json is gone',
      'added POST /v1/x body: application/json is new',
    ],
    [
      'the freedom to send no body',
      { requestBody: { ...operation.requestBody, required: false } },
      {},
      'breaking POST /v1/x body: it is required now',
      'added POST /v1/x body: it may be missing now',
    ],
    [
      'certainty about an answer',
      {},
      { responses: { ...operation.responses, 200: { ...operation.responses[200], content: json({ maxLength: 10 }) } } },
      'breaking POST /v1/x 200 application/json : maxLength is 10, was 9',
      'added POST /v1/x 200 application/json : maxLength is 9, was 10',
    ],
    [
      'a header of an answer',
      {},
      { responses: { ...operation.responses, 200: { ...operation.responses[200], headers: {} } } },
      'breaking POST /v1/x 200 link: the header is gone',
      'added POST /v1/x 200 link: the header is new',
    ],
    [
      'an error code',
      {},
      { responses: { ...operation.responses, 404: { description: '`NOT_FOUND`: There is nothing here' } } },
      'breaking 404 GONE: the error code is gone',
      'added 404 GONE: the error code is new',
    ],
    [
      'rights',
      {},
      { security: [{ key: ['a:read', 'a:write'] }] },
      'breaking POST /v1/x: another permission is needed',
      'added POST /v1/x: another permission is needed',
    ],
    [
      'the freedom to call without a key',
      { security: [] },
      {},
      'breaking POST /v1/x: another permission is needed',
      'added POST /v1/x: another permission is needed',
    ],
  ])('without %s break callers; the other way round they add', (_what, before, now, lost, won) => {
    const [had, has] = [documentOf(before), now ? documentOf(now) : { paths: {} }]
    expect(verdicts(had, has)).toEqual(expect.arrayContaining([lost]))
    expect(compareDocuments(had, has).every(({ breaking }) => breaking)).toBe(true)
    const back = verdicts(has, had)
    expect(back).toContain(won)
    expect(back.filter((line) => line.startsWith('breaking'))).toEqual([])
  })

  it('break callers by an answer of success that they do not know', () => {
    const more = documentOf({ responses: { ...operation.responses, 202: { description: 'later' } } })
    expect(verdicts(documentOf(), more)).toEqual(['breaking POST /v1/x 202: a new answer'])
  })

  it('break nobody by an error that cannot happen any more, where its code is still there', () => {
    const paths = (responses: object): ApiDocument => ({
      paths: { ...documentOf().paths, '/v1/y': { get: { responses } as object } },
    })
    expect(verdicts(paths({ 404: PROBLEM }), paths({}))).toEqual(['added GET /v1/y 404: the answer is gone'])
  })

  it('break generated clients by another name of a call', () => {
    expect(verdicts(documentOf(), documentOf({ operationId: 'create' }))[0]).toMatch(/^breaking .*operationId/)
  })
})

describe('a webhook', () => {
  const calls = (maxLength: number, more: object = {}): ApiDocument => ({
    webhooks: { over: { post: { requestBody: { content: json({ maxLength }) }, responses: {}, ...more } } },
  })

  it('is read by those who are called: more in it breaks them', () => {
    expect(verdicts(calls(9), calls(10))[0]).toMatch(/^breaking webhook POST over body .*maxLength is 10/)
    expect(verdicts(calls(10), calls(9))[0]).toMatch(/^added/)
  })

  it('may bring another header', () => {
    const parameters = [{ in: 'header', name: 'x', required: true }]
    expect(verdicts(calls(9), calls(9, { parameters }))).toEqual(['added webhook POST over header x: a new parameter'])
    expect(verdicts(calls(9, { parameters }), calls(9))[0]).toMatch(/^breaking/)
  })
})
