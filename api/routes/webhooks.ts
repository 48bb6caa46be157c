import type { FastifyInstance, FastifyRequest } from 'fastify'
import Type, { type Static } from 'typebox'
import { WEBHOOK_EVENTS } from '../../infra/domain/webhook.ts'
import { principalOf } from '../../infra/http/request-context.ts'
import { answer, BODY_PROBLEMS, problems } from '../../infra/http/responses.ts'
import { strict } from '../../infra/http/schema.ts'
import type { AuditLog } from '../../infra/ports/audit-log.ts'
import type { EndpointChanges } from '../../infra/ports/webhook-store.ts'
import { type Actor, createManageWebhooks, type ManageWebhooks, type Webhooks } from '../webhooks/manage.ts'
import { addWebhookDeliveries } from './webhook-deliveries.ts'
import { WebhookParams, type WebhookRequest, webhookIdOf } from './webhook-id.ts'
import {
  EndpointChangesBody,
  EndpointSchema,
  EndpointWithSecretSchema,
  NewEndpointBody,
  SecretSchema,
  toEndpointResource,
} from './webhook-schema.ts'

const TAGS = ['webhooks']

const actorOf = (request: FastifyRequest): Actor => {
  const { tenant, keyId } = principalOf(request)
  return { tenant, keyId, requestId: request.id }
}

const addReading = (app: FastifyInstance, manage: ManageWebhooks): void => {
  app.get('/v1/webhooks', {
    config: { access: 'webhooks:read' },
    schema: {
      operationId: 'list-webhooks',
      tags: TAGS,
      summary: 'List the webhook endpoints',
      response: { 200: answer('The endpoints', strict({ webhooks: Type.Array(EndpointSchema) })), ...problems() },
    },
    handler: async (request) => ({
      webhooks: (await manage.list(principalOf(request).tenant)).map(toEndpointResource),
    }),
  })

  app.get('/v1/webhooks/:id', {
    config: { access: 'webhooks:read' },
    schema: {
      operationId: 'get-webhook',
      tags: TAGS,
      summary: 'Look at a webhook endpoint',
      params: WebhookParams,
      response: { 200: answer('The endpoint', EndpointSchema), ...problems('WEBHOOK_NOT_FOUND') },
    },
    handler: async (request: WebhookRequest) =>
      toEndpointResource(await manage.find(principalOf(request).tenant, webhookIdOf(request))),
  })
}

const addChanging = (app: FastifyInstance, manage: ManageWebhooks): void => {
  app.post('/v1/webhooks', {
    config: { access: 'webhooks:manage' },
    schema: {
      operationId: 'create-webhook',
      tags: TAGS,
      summary: 'Be called when checks are over',
      description: 'Calls are signed after Standard Webhooks 1.0. Without `events` it is called for all of them.',
      body: NewEndpointBody,
      response: {
        201: answer('The endpoint and its secret', EndpointWithSecretSchema),
        ...problems(...BODY_PROBLEMS, 'WEBHOOK_LIMIT', 'WEBHOOK_URL_REFUSED'),
      },
    },
    handler: async (request, reply) => {
      const { url, events = WEBHOOK_EVENTS, description = '' } = request.body as Static<typeof NewEndpointBody>
      const { endpoint, secret } = await manage.create(actorOf(request), { url, events, description })
      return reply.code(201).send({ ...toEndpointResource(endpoint), secret })
    },
  })

  app.patch('/v1/webhooks/:id', {
    config: { access: 'webhooks:manage' },
    schema: {
      operationId: 'change-webhook',
      tags: TAGS,
      summary: 'Change a webhook endpoint, turn it off or on',
      params: WebhookParams,
      body: EndpointChangesBody,
      response: {
        200: answer('The endpoint', EndpointSchema),
        ...problems(...BODY_PROBLEMS, 'WEBHOOK_NOT_FOUND', 'WEBHOOK_URL_REFUSED'),
      },
    },
    handler: async (request: WebhookRequest) => {
      const changes = request.body as EndpointChanges
      return toEndpointResource(await manage.update(actorOf(request), webhookIdOf(request), changes))
    },
  })

  app.delete('/v1/webhooks/:id', {
    config: { access: 'webhooks:manage' },
    schema: {
      operationId: 'delete-webhook',
      tags: TAGS,
      summary: 'Delete a webhook endpoint',
      description: 'What was still to be sent to it is dropped.',
      params: WebhookParams,
      response: { 204: { type: 'null', description: 'Deleted' }, ...problems('WEBHOOK_NOT_FOUND') },
    },
    handler: async (request: WebhookRequest, reply) => {
      await manage.remove(actorOf(request), webhookIdOf(request))
      return reply.code(204).send()
    },
  })
}

const addSecrets = (app: FastifyInstance, manage: ManageWebhooks): void => {
  app.post('/v1/webhooks/:id/rotate', {
    config: { access: 'webhooks:manage' },
    schema: {
      operationId: 'rotate-webhook-secret',
      tags: TAGS,
      summary: 'Give a webhook endpoint a new secret',
      description: 'For three days calls carry two signatures, one of each secret.',
      params: WebhookParams,
      response: { 200: answer('The new secret', SecretSchema), ...problems('WEBHOOK_NOT_FOUND') },
    },
    handler: async (request: WebhookRequest) => ({
      secret: await manage.rotate(actorOf(request), webhookIdOf(request)),
    }),
  })

  app.get('/v1/webhooks/secret', {
    config: { access: 'webhooks:manage' },
    schema: {
      operationId: 'get-webhook-secret',
      tags: TAGS,
      summary: 'The secret that signs calls to the `webhookUrl` of a check',
      response: { 200: answer('The secret', SecretSchema), ...problems() },
    },
    handler: async (request) => ({ secret: await manage.tenantSecret(actorOf(request)) }),
  })

  app.post('/v1/webhooks/secret/rotate', {
    config: { access: 'webhooks:manage' },
    schema: {
      operationId: 'rotate-tenant-webhook-secret',
      tags: TAGS,
      summary: 'A new secret for calls to the `webhookUrl` of a check',
      description: 'For three days calls carry two signatures, one of each secret.',
      response: { 200: answer('The new secret', SecretSchema), ...problems() },
    },
    handler: async (request) => ({ secret: await manage.rotateTenantSecret(actorOf(request)) }),
  })
}

/**
 * Whom to call when checks are over, and how that went. An endpoint of another tenant is one that does not exist.
 */
export const addWebhooks = (app: FastifyInstance, webhooks: Webhooks, audit: Pick<AuditLog, 'record'>): void => {
  const manage = createManageWebhooks(webhooks, audit)
  addReading(app, manage)
  addChanging(app, manage)
  addSecrets(app, manage)
  addWebhookDeliveries(app, { outbox: webhooks.outbox, manage })
}
