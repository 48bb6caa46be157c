import type { FastifyInstance } from 'fastify'
import Type, { type Static } from 'typebox'
import { principalOf } from '../../infra/http/request-context.ts'
import { answer, problems } from '../../infra/http/responses.ts'
import { nullable, strict } from '../../infra/http/schema.ts'
import type { AuditEntry, AuditTrail } from '../../infra/ports/audit-log.ts'

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 200

const EntrySchema = strict({
  seq: Type.Integer({ description: 'its place in the trail, which all tenants share' }),
  at: Type.String({ format: 'date-time' }),
  actor: Type.String({ description: 'who: a key id, `cli:` and a user, or a part of the service' }),
  channel: Type.String(),
  action: Type.String({ description: 'for example `sensitive_read`' }),
  target: Type.String({ description: 'which thing: a job, a key' }),
  details: Type.Unsafe<object>({ type: 'object', additionalProperties: true }),
  requestId: nullable(Type.String()),
  hash: Type.String({ description: 'of the entry and all before it' }),
})
const PageSchema = strict({
  entries: Type.Array(EntrySchema),
  next: nullable(Type.String({ description: '`before` of the next page; null = this is the last' })),
})

/** Queries carry nothing but texts. */
const Query = Type.Object({
  action: Type.Optional(Type.String({ pattern: '^[a-z_]{1,64}$', description: 'of this kind only' })),
  since: Type.Optional(Type.String({ format: 'date-time', description: 'not older than this' })),
  limit: Type.Optional(
    Type.String({ pattern: '^[1-9][0-9]{0,2}$', description: `1 to ${MAX_LIMIT}; ${DEFAULT_LIMIT}` }),
  ),
  before: Type.Optional(Type.String({ pattern: '^[0-9a-z]{1,11}$', description: '`next` of the page before' })),
})

const toResource = ({ seq, at, actor, channel, action, target, details = {}, requestId = '', hash }: AuditEntry) => {
  const instant = new Date(at).toISOString()
  return { seq, at: instant, actor, channel, action, target, details, requestId: requestId || null, hash }
}

/** Look at the trail of one's own tenant. */
export const addAudit = (app: FastifyInstance, { audit }: { readonly audit: Pick<AuditTrail, 'list'> }): void => {
  app.get('/v1/audit', {
    config: { access: 'audit:read' },
    schema: {
      operationId: 'list-audit-entries',
      tags: ['audit'],
      summary: 'Who did what with your data',
      description:
        'Newest first: results that were read, erasures, keys, settings, refused calls. Entries are never changed.',
      querystring: Query,
      response: { 200: answer('A page of the trail', PageSchema), ...problems('INVALID_REQUEST') },
    },
    handler: async (request) => {
      const { action, since, limit = DEFAULT_LIMIT, before } = request.query as Static<typeof Query>
      const count = Math.min(Number(limit), MAX_LIMIT)
      const found = await audit.list({
        tenant: principalOf(request).tenant,
        limit: count + 1,
        ...(action !== undefined && { action }),
        ...(since !== undefined && { since: Date.parse(since) }),
        ...(before !== undefined && { before: Number.parseInt(before, 36) }),
      })
      const shown = found.slice(0, count)
      const last = found.length > count ? shown.at(-1) : undefined
      return { entries: shown.map(toResource), next: last === undefined ? null : last.seq.toString(36) }
    },
  })
}
