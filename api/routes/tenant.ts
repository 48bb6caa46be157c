import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import type { TenantSettings } from '../../infra/domain/tenant.ts'
import { principalOf } from '../../infra/http/request-context.ts'
import { RequestError } from '../../infra/http/request-error.ts'
import { answer, problems } from '../../infra/http/responses.ts'
import { strict } from '../../infra/http/schema.ts'
import type { AuditLog } from '../../infra/ports/audit-log.ts'
import type { TenantStore } from '../../infra/ports/tenant-store.ts'

const TTLS = ['pictureTtlMs', 'resultTtlMs'] as const
type TtlName = (typeof TTLS)[number]

const DESCRIPTIONS = {
  weight: 'share of a busy pool, against the other tenants’ weights',
  maxInFlightCount: 'jobs that have not ended, at most',
  ratePerSecond: 'requests that make a job, in the long run',
  burstCount: 'requests that may come at once after a pause',
  pictureTtlMs: 'how long pictures are kept, in ms',
  resultTtlMs: 'how long results are kept, in ms',
} satisfies Record<keyof TenantSettings, string>

const Settings = strict(
  Object.fromEntries(
    Object.entries(DESCRIPTIONS).map(([name, description]) => [name, Type.Number({ description })]),
  ) as Record<keyof TenantSettings, Type.TNumber>,
)
const Tenant = strict({ name: Type.String(), settings: Settings })

const Ttl = (name: TtlName) =>
  Type.Optional(
    Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
      description: `${DESCRIPTIONS[name]}; null = the default again`,
    }),
  )
const Change = strict({ pictureTtlMs: Ttl('pictureTtlMs'), resultTtlMs: Ttl('resultTtlMs') })
type ChangeBody = { readonly [K in TtlName]?: number | null }

/** Data may go sooner, or as late as whoever runs the service allows: the default, or what was settled for the tenant. */
const refuseLonger = (change: ChangeBody, present: TenantSettings, defaults: TenantSettings): void => {
  const faults = TTLS.flatMap((name) => {
    const most = Math.max(defaults[name], present[name])
    return (change[name] ?? 0) > most ? [{ pointer: `/${name}`, detail: `must be at most ${most}` }] : []
  })
  if (faults.length > 0) throw new RequestError('INVALID_REQUEST', 'data cannot be kept for so long', { faults })
}

/** What the routes of the tenant need. */
export interface TenantDeps {
  readonly tenants: Pick<TenantStore, 'find' | 'set'>
  readonly audit: AuditLog
}

/**
 * One's own tenant: its limits to look at, how long its data stays to be changed too. Limits are not the tenant's to raise:
 * `./muster tenants set` does, for whoever runs the service.
 * @param defaults what holds where nothing is settled
 */
export const addTenant = (app: FastifyInstance, { tenants, audit }: TenantDeps, defaults: TenantSettings): void => {
  const tags = ['tenant']
  const settingsOf = async (name: string): Promise<TenantSettings> => ({
    ...defaults,
    ...(await tenants.find(name)),
  })

  app.get('/v1/tenant', {
    config: { access: 'tenant:read' },
    schema: {
      operationId: 'get-tenant',
      tags,
      summary: 'Look at your tenant',
      response: { 200: answer('Your tenant', Tenant), ...problems() },
    },
    handler: async (request) => {
      const { tenant: name } = principalOf(request)
      return { name, settings: await settingsOf(name) }
    },
  })

  app.put('/v1/tenant', {
    config: { access: 'tenant:manage' },
    schema: {
      operationId: 'set-tenant',
      tags,
      summary: 'Change how long your data stays',
      description: 'What is not named stays as it is. It holds for checks made from half a minute later on.',
      body: { content: { 'application/json': { schema: Change } } },
      response: {
        200: answer('Your tenant, as it is now', Tenant),
        ...problems('INVALID_REQUEST', 'MALFORMED_BODY', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'),
      },
    },
    handler: async (request) => {
      const { tenant: name, keyId } = principalOf(request)
      const change = request.body as ChangeBody | undefined
      if (change === undefined) throw new RequestError('MALFORMED_BODY', 'the body is empty')
      refuseLonger(change, await settingsOf(name), defaults)
      const event = { actor: keyId, channel: 'api', tenant: name, target: name, requestId: request.id } as const
      await audit.record({ ...event, action: 'tenant_changed', details: { ...change } })
      await tenants.set(name, change)
      return { name, settings: await settingsOf(name) }
    },
  })
}
