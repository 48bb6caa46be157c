import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import { ROLES } from '../../infra/domain/role.ts'
import { isAllowed, PERMISSIONS, type Permission } from '../../infra/http/permissions.ts'
import { principalOf } from '../../infra/http/request-context.ts'
import { answer, problems } from '../../infra/http/responses.ts'
import { strict, words } from '../../infra/http/schema.ts'

const NAMES = Object.keys(PERMISSIONS) as readonly Permission[]

const SessionSchema = strict({
  tenant: Type.String(),
  role: words(ROLES),
  key: Type.String({ description: 'the public half of the key' }),
  permissions: Type.Array(words(NAMES), { description: 'what the key may do' }),
  version: Type.String({ description: 'of this process' }),
  pools: Type.Array(Type.String(), { description: 'names of all pools' }),
})

/** What a session is told beside its key. */
export interface SessionFacts {
  readonly version: string
  readonly pools: readonly { readonly name: string }[]
}

/** Who is asking, and what may he do? What a page asks before it offers anything. */
export const addSession = (app: FastifyInstance, { version, pools }: SessionFacts): void => {
  app.get('/v1/session', {
    config: { access: 'fleet:read' },
    schema: {
      operationId: 'get-session',
      tags: ['console'],
      summary: 'Whose key this is, and what it may do',
      response: { 200: answer('The key, as far as it may be shown', SessionSchema), ...problems() },
    },
    handler: async (request) => {
      const { tenant, role, keyId } = principalOf(request)
      const permissions = NAMES.filter((name) => isAllowed(role, name))
      return { tenant, role, key: keyId, permissions, version, pools: pools.map(({ name }) => name) }
    },
  })
}
