import { validate } from '@scalar/openapi-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { expect, it } from 'vitest'
import { FLEET_PROBLEMS } from '../../../infra/http/fleet-problems.ts'
import { startAutoscalerApp } from '../../fixtures/autoscaler-app.ts'
import { aKept } from '../../fixtures/decisions.ts'
import { aToldNode, aWish } from '../../fixtures/nodes.ts'
import { aWindow } from '../../fixtures/overrides.ts'

interface Media {
  readonly schema: object
  readonly example?: unknown
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>
}
interface Operation {
  readonly operationId?: string
  readonly summary?: string
  /** empty = anybody may ask */
  readonly security?: readonly object[]
  readonly requestBody?: { readonly required?: boolean; readonly content: Record<string, Media> }
  readonly responses: Record<string, { readonly content?: Record<string, Media> }>
}
interface Document {
  readonly openapi: string
  readonly info: { readonly title: string }
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { readonly schemas: Record<string, object> }
}

const start = async () => {
  const started = await startAutoscalerApp()
  const document = (await started.app.inject('/openapi.json')).json() as Document
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  )
  const ajv = addFormats.default(new Ajv2020({ strict: false, allErrors: true }))
  const check = (schema: object, value: unknown) => {
    const rooted = JSON.parse(JSON.stringify(schema).replaceAll('#/components/schemas/', '#/$defs/')) as object
    const valid = ajv.compile({ ...rooted, $defs: document.components.schemas })
    return valid(value) ? [] : valid.errors
  }
  return { ...started, document, operations, check }
}

it('is a valid OpenAPI 3.1 document of the autoscaler’s own', async () => {
  const { document } = await start()
  expect([document.openapi, document.info.title]).toEqual(['3.1.0', 'Muster autoscaler'])
  expect(validate(document)).toMatchObject({ valid: true })
})

it('names and sums up every operation, each by another name', async () => {
  const { operations } = await start()
  expect(operations.length).toBeGreaterThanOrEqual(17)
  for (const { name, operation } of operations) expect([name, Boolean(operation.summary)]).toEqual([name, true])
  expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length)
})

it('says of every operation that takes a key what keys may be answered', async () => {
  const { operations } = await start()
  const keyed = operations.filter(({ operation }) => operation.security?.length !== 0)
  const silent = keyed.flatMap(({ name, operation }) =>
    ['401', '403', '429', '500', '503']
      .filter((status) => !operation.responses[status])
      .map((status) => [name, status]),
  )
  expect(keyed.length).toBeGreaterThan(20)
  expect(silent).toEqual([])
})

it('says of every problem of the fleet when it comes', async () => {
  const { document } = await start()
  const text = JSON.stringify(document.paths)
  for (const code of Object.keys(FLEET_PROBLEMS)) expect([code, text.includes(`\`${code}\``)]).toEqual([code, true])
})

it('gives examples that its own schemas accept, and that work', async () => {
  const { operations, check, ask } = await start()
  const bodies = operations.flatMap(({ name, operation: { requestBody } }) =>
    Object.values(requestBody?.content ?? {}).map(({ schema, example, examples }) => {
      const several = Object.values(examples ?? {}).map(({ value }) => value)
      return { name, schema, examples: example === undefined ? several : [example] }
    }),
  )
  expect(bodies.map(({ name }) => name)).toEqual([
    'POST /v1/pools/{pool}/overrides',
    'DELETE /v1/pools/{pool}/overrides',
    'PUT /v1/schedule/{name}',
    'PUT /v1/drift/references/{task}',
    'POST /v1/nodes/{node}/drain',
    'DELETE /v1/nodes/{node}/drain',
    'POST /v1/fleet/dead-letters/redrive',
  ])
  expect(bodies.map(({ examples }) => examples.length)).toEqual([2, 1, 1, 1, 1, 1, 1])
  for (const { name, schema, examples } of bodies)
    for (const example of examples) expect([name, check(schema, example)]).toEqual([name, []])
  const [said] = bodies[0]?.examples ?? []
  expect((await ask('POST', '/v1/pools/checks/overrides', { ...(said as object), count: 12 })).status).toBe(201)
  const [written] = bodies[2]?.examples ?? []
  expect((await ask('PUT', '/v1/schedule/opening', { ...(written as object), pool: 'checks' })).status).toBe(200)
})

it('describes the answers that are really given', async () => {
  const { document, check, ask, deps } = await start()
  const measured = { models: 'm@1', device: 'cpu', workersPerNode: 1, checksPerSecond: 4, p95Ms: 900, sloMs: 3000 }
  await deps.decisions.begin(aKept({ external: { before: 3, after: 5 } }))
  await deps.scheduleStore.put(aWindow(), 'ada')
  await deps.capacities.save({ pool: 'checks', ...measured })
  await deps.nodes.tell(aToldNode({ name: 'rack-7' }))
  await deps.nodes.drain(aWish())
  const asked = await ask('POST', '/v1/pools/checks/overrides', { command: 'pin checks 3 for 2d because r' })
  const schemaOf = (path: string, method: string, status: number) =>
    document.paths[path]?.[method]?.responses[String(status)]?.content?.['application/json']?.schema ?? {}
  expect(check(schemaOf('/v1/pools/{pool}/overrides', 'post', 202), asked.body)).toEqual([])
  for (const path of [
    '/v1/pools',
    '/v1/pools/{pool}',
    '/v1/pools/{pool}/decisions',
    '/v1/pools/{pool}/demand',
    '/v1/pools/{pool}/history',
    '/v1/pools/{pool}/overrides',
    '/v1/schedule',
    '/v1/schedule/next',
    '/v1/capacity',
    '/v1/drift',
    '/v1/drift/references',
    '/v1/nodes',
    '/v1/session',
    '/v1/fleet/dead-letters',
    '/v1/cost',
  ]) {
    const { status, body } = await ask('GET', path.replace('{pool}', 'checks'))
    const schema = schemaOf(path, 'get', 200)
    expect([path, status, check(schema, body)]).toEqual([path, 200, []])
    expect(check(schema, { ...body, more: 1 })).not.toEqual([])
  }
})
