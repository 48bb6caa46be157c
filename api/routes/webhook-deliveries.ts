import type { FastifyInstance } from 'fastify'
import Type, { type Static } from 'typebox'
import { principalOf } from '../../infra/http/request-context.ts'
import { RequestError } from '../../infra/http/request-error.ts'
import { answer, BODY_PROBLEMS, problems } from '../../infra/http/responses.ts'
import { strict } from '../../infra/http/schema.ts'
import type { DeliveryQuery, WebhookOutbox } from '../../infra/ports/webhook-outbox.ts'
import type { ManageWebhooks } from '../webhooks/manage.ts'
import { messageIdOf } from '../webhooks/payload.ts'
import { WebhookParams, type WebhookRequest, webhookIdOf } from './webhook-id.ts'
import { DeliveriesSchema, DeliveryWithCallsSchema, toDeliveryResource, toDeliveryWithCalls } from './webhook-schema.ts'

/** What the routes of deliveries need. */
export interface DeliveriesDeps {
  readonly outbox: WebhookOutbox
  readonly manage: Pick<ManageWebhooks, 'find'>
}

const TAGS = ['webhooks']
const DEFAULT_LIMIT = 50
const MAX_LIMIT = 200
const MESSAGE_ID = /^(?:msg_)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

const DeliveryParams = Type.Object({ id: Type.String({ description: 'of the delivery' }) })

/** Queries carry nothing but texts. */
const Page = Type.Object({
  limit: Type.Optional(
    Type.String({ pattern: '^[1-9][0-9]{0,2}$', description: `1 to ${MAX_LIMIT}; ${DEFAULT_LIMIT}` }),
  ),
  before: Type.Optional(Type.String({ pattern: '^[0-9a-z]{1,12}$', description: '`next` of the page before' })),
})
const AnyPage = Type.Object({
  ...Page.properties,
  jobId: Type.Optional(Type.String({ format: 'uuid', description: 'of this job only' })),
})
type AnyQuery = Static<typeof AnyPage>

const RangeBody = strict(
  { since: Type.String({ format: 'date-time' }), until: Type.Optional(Type.String({ format: 'date-time' })) },
  { examples: [{ since: '2026-11-21T00:00:00Z', until: '2026-11-22T00:00:00Z' }] },
)

const queryOf = ({ limit, before, jobId }: AnyQuery): DeliveryQuery => ({
  limit: Math.min(Number(limit ?? DEFAULT_LIMIT), MAX_LIMIT),
  ...(before !== undefined && { before: Number.parseInt(before, 36) }),
  ...(jobId !== undefined && { jobId }),
})

const pageOf = async (outbox: WebhookOutbox, tenant: string, query: DeliveryQuery) => {
  const found = await outbox.deliveries(tenant, { ...query, limit: query.limit + 1 })
  const shown = found.slice(0, query.limit)
  const last = found.length > query.limit ? shown.at(-1) : undefined
  return { deliveries: shown.map(toDeliveryResource), next: last === undefined ? null : last.seq.toString(36) }
}

const addLog = (app: FastifyInstance, { outbox, manage }: DeliveriesDeps): void => {
  app.get('/v1/webhooks/deliveries', {
    config: { access: 'webhooks:read' },
    schema: {
      operationId: 'list-webhook-deliveries',
      tags: TAGS,
      summary: 'What was sent, and how that went',
      description: 'Newest first, of all endpoints and of single requests; kept for 30 days.',
      querystring: AnyPage,
      response: { 200: answer('A page of deliveries', DeliveriesSchema), ...problems('INVALID_REQUEST') },
    },
    handler: (request) => pageOf(outbox, principalOf(request).tenant, queryOf(request.query as AnyQuery)),
  })

  app.get('/v1/webhooks/:id/deliveries', {
    config: { access: 'webhooks:read' },
    schema: {
      operationId: 'list-deliveries-of-webhook',
      tags: TAGS,
      summary: 'What was sent to one endpoint, and how that went',
      params: WebhookParams,
      querystring: Page,
      response: {
        200: answer('A page of deliveries', DeliveriesSchema),
        ...problems('INVALID_REQUEST', 'WEBHOOK_NOT_FOUND'),
      },
    },
    handler: async (request: WebhookRequest) => {
      const { tenant } = principalOf(request)
      const { id } = await manage.find(tenant, webhookIdOf(request))
      return pageOf(outbox, tenant, { ...queryOf(request.query as AnyQuery), endpointId: id })
    },
  })
}

const noDelivery = (): RequestError => new RequestError('DELIVERY_NOT_FOUND', 'there is no such delivery')

const addOne = (app: FastifyInstance, { outbox }: DeliveriesDeps): void => {
  app.get('/v1/webhooks/deliveries/:id', {
    config: { access: 'webhooks:read' },
    schema: {
      operationId: 'get-webhook-delivery',
      tags: TAGS,
      summary: 'One delivery, and what became of each call of it',
      description:
        'A call whose process died before it could say what came of it is counted in `attempts` and not listed.',
      params: DeliveryParams,
      response: { 200: answer('The delivery', DeliveryWithCallsSchema), ...problems('DELIVERY_NOT_FOUND') },
    },
    handler: async (request: WebhookRequest) => {
      const [, id] = MESSAGE_ID.exec(request.params.id) ?? []
      const found = id === undefined ? undefined : await outbox.delivery(principalOf(request).tenant, id)
      if (!found) throw noDelivery()
      return toDeliveryWithCalls(found)
    },
  })
}

const addTest = (app: FastifyInstance, { outbox, manage }: DeliveriesDeps): void => {
  app.post('/v1/webhooks/:id/test', {
    config: { access: 'webhooks:replay' },
    schema: {
      operationId: 'test-webhook',
      tags: TAGS,
      summary: 'Call an endpoint with an event of type `webhook.test`',
      params: WebhookParams,
      response: {
        202: answer('It will be called', strict({ deliveryId: Type.String() })),
        ...problems('WEBHOOK_NOT_FOUND'),
      },
    },
    handler: async (request: WebhookRequest, reply) => {
      const { tenant } = principalOf(request)
      const { id } = await manage.find(tenant, webhookIdOf(request))
      const deliveryId = await outbox.test(tenant, id)
      return reply.code(202).send({ deliveryId: messageIdOf(String(deliveryId)) })
    },
  })
}

const addReplay = (app: FastifyInstance, { outbox, manage }: DeliveriesDeps): void => {
  app.post('/v1/webhooks/deliveries/:id/replay', {
    config: { access: 'webhooks:replay' },
    schema: {
      operationId: 'replay-webhook-delivery',
      tags: TAGS,
      summary: 'Send one delivery again',
      description:
        'Under the same `webhook-id`, delivered before or not. One that is being sent at this moment is not found.',
      params: DeliveryParams,
      response: {
        202: answer('It will be sent', strict({ replayed: Type.Integer() })),
        ...problems('DELIVERY_NOT_FOUND'),
      },
    },
    handler: async (request: WebhookRequest, reply) => {
      const [, id] = MESSAGE_ID.exec(request.params.id) ?? []
      const replayed = id !== undefined && (await outbox.replay(principalOf(request).tenant, id))
      if (!replayed) throw noDelivery()
      return reply.code(202).send({ replayed: 1 })
    },
  })

  app.post('/v1/webhooks/:id/replay', {
    config: { access: 'webhooks:replay' },
    schema: {
      operationId: 'replay-webhook-range',
      tags: TAGS,
      summary: 'Send again what an endpoint has not been given of a time',
      params: WebhookParams,
      body: RangeBody,
      response: {
        202: answer('They will be sent', strict({ replayed: Type.Integer({ minimum: 0 }) })),
        ...problems(...BODY_PROBLEMS, 'WEBHOOK_NOT_FOUND'),
      },
    },
    handler: async (request: WebhookRequest, reply) => {
      const { tenant } = principalOf(request)
      const { since, until } = request.body as Static<typeof RangeBody>
      const { id } = await manage.find(tenant, webhookIdOf(request))
      const end = until === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(until)
      return reply.code(202).send({ replayed: await outbox.replayRange(tenant, id, Date.parse(since), end) })
    },
  })
}

/** The log of what was sent, and the ways to send it again. */
export const addWebhookDeliveries = (app: FastifyInstance, deps: DeliveriesDeps): void => {
  addLog(app, deps)
  addOne(app, deps)
  addTest(app, deps)
  addReplay(app, deps)
}
