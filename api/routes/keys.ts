import type { FastifyInstance, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { ROLES } from '../../infra/domain/role.ts'
import { TASK_NAMES } from '../../infra/domain/task.ts'
import { rightsProblem } from '../../infra/http/permissions.ts'
import { principalOf } from '../../infra/http/request-context.ts'
import { RequestError } from '../../infra/http/request-error.ts'
import { answer, problems } from '../../infra/http/responses.ts'
import { PRINTABLE, strict, words } from '../../infra/http/schema.ts'
import type { Clock } from '../../infra/ports/clock.ts'
import type { ApiKey } from '../../infra/ports/key-store.ts'
import type { IssuedKey, KeyManager, ManageKeys, WantedKey } from '../manage-keys.ts'

const DAY_MS = 86_400_000
/** Long enough to hand the new key to every process, short enough that nobody relies on the old one. */
const DEFAULT_GRACE_MS = DAY_MS
const MAX_GRACE_MS = 30 * DAY_MS
const MAX_LIFE_MS = 3650 * DAY_MS
const KEY_ID = /^[A-Za-z0-9]{1,32}$/

const Instant = Type.String({ format: 'date-time' })
const orNull = (schema: Type.TSchema) => Type.Union([schema, Type.Null()])

const Key = {
  id: Type.String({ description: 'the public half: safe to log' }),
  name: Type.String(),
  role: words(ROLES),
  scopes: Type.Array(words(TASK_NAMES), { description: 'the tasks it is limited to; none = all' }),
  createdBy: orNull(Type.String()),
  rotatedFrom: orNull(Type.String({ description: 'the key whose place it took' })),
  createdAt: Instant,
  expiresAt: orNull(Instant),
  revokedAt: orNull(Instant),
  lastUsedAt: orNull(Type.String({ format: 'date-time', description: 'the day of it' })),
}
const KeySchema = strict(Key)
const IssuedSchema = strict({ ...Key, key: Type.String({ description: 'the key itself: seen here, and never again' }) })

const NewKey = strict({
  name: Type.String({
    minLength: 1,
    maxLength: 100,
    pattern: PRINTABLE,
    description: 'for people, to tell keys apart',
  }),
  role: Type.Optional(words(ROLES, 'submitter unless told')),
  scopes: Type.Optional(
    Type.Array(words(TASK_NAMES), { maxItems: TASK_NAMES.length, description: 'of viewers and submitters only' }),
  ),
  expiresInMs: Type.Optional(
    Type.Integer({ minimum: 1000, maximum: MAX_LIFE_MS, description: 'never expires unless told' }),
  ),
})
const Rotation = strict({
  graceMs: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: MAX_GRACE_MS,
      description: 'the old key works so much longer; a day unless told',
    }),
  ),
})

const Params = Type.Object({ id: Type.String({ description: 'of the key' }) })
type KeyRequest = FastifyRequest<{ Params: { id: string } }>

const instant = (epochMs: number | null): string | null => (epochMs === null ? null : new Date(epochMs).toISOString())

const toResource = ({ keyId, name, role, scopes, createdBy, rotatedFrom, ...times }: ApiKey) => ({
  id: keyId,
  name,
  role,
  scopes,
  createdBy,
  rotatedFrom,
  createdAt: instant(times.createdAt),
  expiresAt: instant(times.expiresAt),
  revokedAt: instant(times.revokedAt),
  lastUsedAt: instant(times.lastUsedAt),
})
const toIssued = ({ key, made }: IssuedKey) => ({ ...toResource(made), key })

const managerOf = (request: FastifyRequest): KeyManager & { readonly tenant: string } => {
  const { keyId, tenant } = principalOf(request)
  return { actor: keyId, channel: 'api', tenant, requestId: request.id }
}

const notFound = (): RequestError => new RequestError('KEY_NOT_FOUND', 'there is no such key')

const idOf = ({ params: { id } }: KeyRequest): string => {
  if (!KEY_ID.test(id)) throw notFound()
  return id
}

interface NewKeyBody extends Partial<Pick<WantedKey, 'role' | 'scopes'>> {
  readonly name: string
  readonly expiresInMs?: number
}

const wantedOf = ({ name, role = 'submitter', scopes = [], expiresInMs }: NewKeyBody, tenant: string, now: number) => {
  const problem = rightsProblem({ role, scopes })
  if (problem !== undefined)
    throw new RequestError('INVALID_REQUEST', 'the key cannot have these rights', {
      faults: [{ pointer: '/scopes', detail: problem }],
    })
  return { tenant, name, role, scopes, expiresAt: expiresInMs === undefined ? null : now + expiresInMs }
}

const BODY_PROBLEMS = ['INVALID_REQUEST', 'MALFORMED_BODY', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const
const config = { access: 'keys:manage' } as const
const tags = ['keys']

const addReading = (app: FastifyInstance, manage: ManageKeys): void => {
  app.get('/v1/keys', {
    config,
    schema: {
      operationId: 'list-keys',
      tags,
      summary: 'List the API keys',
      response: {
        200: answer('All keys, also those no longer in use', strict({ keys: Type.Array(KeySchema) })),
        ...problems(),
      },
    },
    handler: async (request) => ({ keys: (await manage.list(managerOf(request))).map(toResource) }),
  })
}

const addMaking = (app: FastifyInstance, manage: ManageKeys, clock: Clock): void => {
  app.post('/v1/keys', {
    config,
    schema: {
      operationId: 'create-key',
      tags,
      summary: 'Make an API key',
      body: { content: { 'application/json': { schema: NewKey } } },
      response: { 201: answer('The key', IssuedSchema), ...problems(...BODY_PROBLEMS) },
    },
    handler: async (request, reply) => {
      const by = managerOf(request)
      const body = (request.body ?? {}) as NewKeyBody
      if (body.name === undefined) throw new RequestError('MALFORMED_BODY', 'the body is empty')
      return reply.code(201).send(toIssued(await manage.create(by, wantedOf(body, by.tenant, clock.now()))))
    },
  })

  app.post('/v1/keys/:id/rotate', {
    config: { ...config, bodyOptional: true },
    schema: {
      operationId: 'rotate-key',
      tags,
      summary: 'Replace an API key',
      description: 'Makes a key with the same rights. Both work until the grace of the old one is over.',
      params: Params,
      body: { content: { 'application/json': { schema: Rotation } } },
      response: {
        201: answer('The new key', IssuedSchema),
        ...problems('KEY_NOT_FOUND', 'KEY_NOT_LIVE', ...BODY_PROBLEMS),
      },
    },
    handler: async (request: KeyRequest, reply) => {
      const { graceMs = DEFAULT_GRACE_MS } = (request.body ?? {}) as { readonly graceMs?: number }
      const rotated = await manage.rotate(managerOf(request), idOf(request), graceMs)
      if (rotated.kind === 'rotated') return reply.code(201).send(toIssued(rotated))
      if (rotated.kind === 'missing') throw notFound()
      throw new RequestError('KEY_NOT_LIVE', 'the key was revoked, has expired, or was replaced before')
    },
  })
}

/** Manage the API keys of one's own tenant. A key of another tenant is a key that does not exist. */
export const addKeys = (app: FastifyInstance, manage: ManageKeys, clock: Clock): void => {
  addReading(app, manage)
  addMaking(app, manage, clock)
  app.delete('/v1/keys/:id', {
    config,
    schema: {
      operationId: 'revoke-key',
      tags,
      summary: 'Take an API key back',
      description: 'For good. It works for 30 s more at most.',
      params: Params,
      response: { 204: { type: 'null', description: 'Revoked' }, ...problems('KEY_NOT_FOUND') },
    },
    handler: async (request: KeyRequest, reply) => {
      if (!(await manage.revoke(managerOf(request), idOf(request)))) throw notFound()
      return reply.code(204).send()
    },
  })
}
