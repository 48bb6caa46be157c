import { validate } from '@scalar/openapi-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { expect, it } from 'vitest'
import { OUTCOMES } from '../../../infra/domain/outcomes.ts'
import { FLEET_PROBLEMS } from '../../../infra/http/fleet-problems.ts'
import { PROBLEMS } from '../../../infra/http/problem.ts'
import { LIVE, startApi } from '../../fixtures/api.ts'
import { PERSON } from '../../fixtures/forms.ts'

interface Media {
  readonly schema: { readonly examples?: readonly unknown[] }
  readonly example?: unknown
}
interface Operation {
  readonly operationId?: string
  readonly summary?: string
  readonly requestBody?: { readonly required?: boolean; readonly content: Record<string, Media> }
  readonly responses: Record<string, { readonly content?: Record<string, Media> }>
}
interface Document {
  readonly openapi: string
  readonly paths: Record<string, Record<string, Operation>>
  readonly webhooks: Record<string, Record<string, Operation>>
  readonly components: { readonly schemas: Record<string, object>; readonly securitySchemes: Record<string, object> }
}

const start = async () => {
  const api = await startApi()
  const document = (await api.app.inject('/openapi.json')).json() as Document
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  )
  const ajv = addFormats.default(new Ajv2020({ strict: false, allErrors: true }))
  const check = (schema: object, value: unknown) => {
    const rooted = JSON.parse(JSON.stringify(schema).replaceAll('#/components/schemas/', '#/$defs/')) as object
    const valid = ajv.compile({ ...rooted, $defs: document.components.schemas })
    return valid(value) ? [] : valid.errors
  }
  return { ...api, document, operations, check }
}

it('is a valid OpenAPI 3.1 document', async () => {
  const { document } = await start()
  expect(document.openapi).toBe('3.1.0')
  expect(validate(document)).toMatchObject({ valid: true })
  expect(validate({ ...document, paths: { nonsense: 1 } }).valid).toBe(false)
})

it('lists every route that answers', async () => {
  const { operations } = await start()
  expect(operations.map(({ name }) => name).sort()).toEqual([
    'DELETE /v1/jobs/{id}',
    'DELETE /v1/jobs/{id}/hold',
    'DELETE /v1/keys/{id}',
    'DELETE /v1/subjects/{subject}',
    'DELETE /v1/subjects/{subject}/hold',
    'DELETE /v1/webhooks/{id}',
    'GET /livez',
    'GET /readyz',
    'GET /startupz',
    'GET /v1/audit',
    'GET /v1/erasures/{id}',
    'GET /v1/jobs/{id}',
    'GET /v1/keys',
    'GET /v1/models',
    'GET /v1/rollouts',
    'GET /v1/rollouts/{id}',
    'GET /v1/tenant',
    'GET /v1/threshold-sets/{digest}',
    'GET /v1/webhooks',
    'GET /v1/webhooks/deliveries',
    'GET /v1/webhooks/deliveries/{id}',
    'GET /v1/webhooks/secret',
    'GET /v1/webhooks/{id}',
    'GET /v1/webhooks/{id}/deliveries',
    'PATCH /v1/webhooks/{id}',
    'POST /v1/face-match',
    'POST /v1/jobs/{id}/cancel',
    'POST /v1/jobs/{id}/hold',
    'POST /v1/keys',
    'POST /v1/keys/{id}/rotate',
    'POST /v1/liveness',
    'POST /v1/ocr',
    'POST /v1/rollouts',
    'POST /v1/rollouts/{id}/end',
    'POST /v1/rollouts/{id}/promote',
    'POST /v1/subjects/{subject}/hold',
    'POST /v1/uploads',
    'POST /v1/webhooks',
    'POST /v1/webhooks/deliveries/{id}/replay',
    'POST /v1/webhooks/secret/rotate',
    'POST /v1/webhooks/{id}/replay',
    'POST /v1/webhooks/{id}/rotate',
    'POST /v1/webhooks/{id}/test',
    'PUT /v1/tenant',
    'PUT /v1/uploads/{*}',
  ])
})

it('says what receivers of webhooks are sent', async () => {
  const { document, check } = await start()
  const { post } = document.webhooks['check-is-over'] ?? {}
  const media = post?.requestBody?.content['application/json']
  expect(check(media?.schema ?? {}, media?.schema.examples?.[0])).toEqual([])
  expect(check(media?.schema ?? {}, { type: 'check.succeeded', result: LIVE })).not.toEqual([])
})

it('names and sums up every operation, each by another name', async () => {
  const { operations } = await start()
  for (const { name, operation } of operations) expect([name, Boolean(operation.summary)]).toEqual([name, true])
  expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length)
})

it('says which bodies may be left out', async () => {
  const { operations } = await start()
  const bodies = operations.filter(({ operation }) => operation.requestBody)
  const optional = bodies.filter(({ operation }) => operation.requestBody?.required !== true)
  expect(bodies.length).toBeGreaterThan(optional.length)
  expect(optional.map(({ name }) => name)).toEqual(['POST /v1/keys/{id}/rotate'])
})

it('gives examples that its own schemas accept', async () => {
  const { operations, check } = await start()
  const contents = operations.flatMap(({ name, operation: { requestBody, responses } }) =>
    [requestBody?.content ?? {}, ...Object.values(responses).map(({ content = {} }) => content)].flatMap((content) =>
      Object.values(content).map(({ schema, example = schema.examples?.[0] }) => ({ name, schema, example })),
    ),
  )
  const examples = contents.filter(({ example }) => example !== undefined)
  expect(examples.length).toBeGreaterThanOrEqual(9)
  for (const { name, schema, example } of examples) expect([name, check(schema, example)]).toEqual([name, []])
})

it('describes the answers that are really given', async () => {
  const { app, auth, document, check, work } = await start()
  const { responses } = document.paths['/v1/liveness']?.post ?? { responses: {} }
  const schemaOf = (status: number, type: string) => responses[String(status)]?.content?.[type]?.schema ?? {}
  const send = (payload: object, prefer: string) =>
    app.inject({ method: 'POST', url: '/v1/liveness', headers: { ...auth, prefer }, payload })
  const image = { base64: PERSON.toString('base64') }
  const open = await send({ image }, 'wait=0')
  const refused = await send({}, 'wait=0')
  await work()
  const finished = await send({ image }, 'wait=10')
  expect([open, refused, finished].map(({ statusCode }) => statusCode)).toEqual([202, 400, 200])
  expect(check(schemaOf(202, 'application/json'), open.json())).toEqual([])
  expect(check(schemaOf(400, 'application/problem+json'), refused.json())).toEqual([])
  expect(check(schemaOf(200, 'application/json'), finished.json())).toEqual([])
  expect(
    check(schemaOf(200, 'application/json'), {
      ...(finished.json() as object),
      result: { ...(LIVE as object), more: 1 },
    }),
  ).not.toEqual([])
})

it('says of every problem when it comes, and gives each a status and words', async () => {
  const { document } = await start()
  const text = JSON.stringify(document.paths)
  const inPassing = [
    'MALFORMED_REQUEST',
    'NOT_FOUND',
    'METHOD_NOT_ALLOWED',
    'REQUEST_TIMEOUT',
    'HEADERS_TOO_LARGE',
    'STORAGE_DENIED',
    // They are described where the fleet's routes are.
    ...Object.keys(FLEET_PROBLEMS),
  ]
  for (const [code, { status, title, hint }] of Object.entries(PROBLEMS)) {
    expect([code, inPassing.includes(code) || text.includes(`\`${code}\``)]).toEqual([code, true])
    expect([code, status >= 400 && status < 600, title.length > 0, hint.length > 0]).toEqual([code, true, true, true])
  }
})

it('has a status for every outcome that a picture can have before there is a job', () => {
  const codes = Object.keys(OUTCOMES).filter((code) => code.startsWith('PICTURE_') && code !== 'PICTURE_GONE')
  expect(codes.filter((code) => !(code in PROBLEMS))).toEqual([])
})
