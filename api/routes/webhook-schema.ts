import Type from 'typebox'
import {
  WEBHOOK_EVENTS,
  type WebhookAttempt,
  type WebhookDelivery,
  type WebhookEndpoint,
} from '../../infra/domain/webhook.ts'
import { nullable, PRINTABLE, strict, words } from '../../infra/http/schema.ts'
import { messageIdOf } from '../webhooks/payload.ts'

const Instant = (description?: string) =>
  Type.String({ format: 'date-time', ...(description !== undefined && { description }) })
const instant = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())

const Url = Type.String({ pattern: '^https?://', maxLength: 2048, description: 'called by POST; https' })
const Events = Type.Array(words(WEBHOOK_EVENTS), { minItems: 1, maxItems: WEBHOOK_EVENTS.length, uniqueItems: true })
const Description = Type.String({ maxLength: 200, pattern: PRINTABLE, description: 'for people' })
const Secret = Type.String({ description: '`whsec_...`: proves who called. Keep it now: it is not shown again' })

/** The body that makes an endpoint. */
export const NewEndpointBody = strict(
  { url: Url, events: Type.Optional(Events), description: Type.Optional(Description) },
  { examples: [{ url: 'https://hooks.example/muster', events: ['check.succeeded', 'check.failed'] }] },
)

/** The body that changes one. */
export const EndpointChangesBody = strict(
  {
    url: Type.Optional(Url),
    events: Type.Optional(Events),
    description: Type.Optional(Description),
    enabled: Type.Optional(Type.Boolean({ description: '`true` also forgets failures, and sends what has waited' })),
  },
  { minProperties: 1, examples: [{ enabled: false }] },
)

/** An endpoint, as answers name it. */
export const EndpointSchema = strict({
  id: Type.String(),
  url: Url,
  events: Events,
  description: Description,
  enabled: Type.Boolean(),
  disabledReason: nullable(
    words(
      ['caller', 'failing', 'gone'],
      '`caller`: somebody turned it off; `failing`: no call succeeded for five days; `gone`: it answered 410',
    ) as unknown as Type.TString,
  ),
  disabledAt: nullable(Instant()),
  failingSince: nullable(Instant('the first failure since the last success')),
  createdAt: Instant(),
})

/** An endpoint and its secret, once. */
export const EndpointWithSecretSchema = strict({ ...EndpointSchema.properties, secret: Secret })

/** A secret alone. */
export const SecretSchema = strict({ secret: Secret })

/** A delivery, as answers name it. What the receiver answered is not part of it. */
export const DeliverySchema = strict({
  id: Type.String({ description: 'the receiver knows it as `webhook-id`' }),
  webhookId: nullable(Type.String({ description: 'null: to the address of a single request' })),
  jobId: nullable(Type.String()),
  type: Type.String(),
  occurredAt: Instant(),
  state: words(['pending', 'delivered', 'failed']),
  attempts: Type.Integer({ minimum: 0 }),
  nextAttemptAt: nullable(Instant()),
  lastAttemptAt: nullable(Instant()),
  lastStatus: nullable(Type.Integer()),
  lastError: nullable(Type.String({ description: 'the class of what went wrong' })),
  deliveredAt: nullable(Instant()),
})

const CallSchema = strict({
  attempt: Type.Integer({ minimum: 1, description: 'begins anew when the delivery is sent again' }),
  at: Instant('when the call began'),
  status: nullable(Type.Integer()),
  error: nullable(Type.String({ description: 'the class of what went wrong' })),
  durationMs: Type.Integer({ minimum: 0 }),
})

/** A delivery with every call of it. What the receiver answered is not part of it. */
export const DeliveryWithCallsSchema = strict({
  ...DeliverySchema.properties,
  calls: Type.Array(CallSchema, {
    description: 'the oldest first; the latest fifty of one that was sent again and again',
  }),
})

/** A page of the delivery log. */
export const DeliveriesSchema = strict({
  deliveries: Type.Array(DeliverySchema),
  next: nullable(Type.String({ description: 'give it as `before` for the next page; null = this was the last' })),
})

/** An endpoint for an answer. */
export const toEndpointResource = (endpoint: WebhookEndpoint) => ({
  id: endpoint.id,
  url: endpoint.url,
  events: endpoint.events,
  description: endpoint.description,
  enabled: endpoint.disabledAt === null,
  disabledReason: endpoint.disabledReason,
  disabledAt: instant(endpoint.disabledAt),
  failingSince: instant(endpoint.failingSince),
  createdAt: new Date(endpoint.createdAt).toISOString(),
})

const stateOf = ({ deliveredAt, givenUpAt }: WebhookDelivery): 'pending' | 'delivered' | 'failed' => {
  if (deliveredAt !== null) return 'delivered'
  return givenUpAt === null ? 'pending' : 'failed'
}

/** A delivery for an answer. */
export const toDeliveryResource = (delivery: WebhookDelivery) => ({
  id: messageIdOf(delivery.id),
  webhookId: delivery.endpointId,
  jobId: delivery.jobId,
  type: delivery.type,
  occurredAt: new Date(delivery.occurredAt).toISOString(),
  state: stateOf(delivery),
  attempts: delivery.attempt,
  nextAttemptAt: instant(delivery.nextAt),
  lastAttemptAt: instant(delivery.lastAt),
  lastStatus: delivery.lastStatus,
  lastError: delivery.lastError,
  deliveredAt: instant(delivery.deliveredAt),
})

/** A delivery with its calls for an answer. */
export const toDeliveryWithCalls = (delivery: WebhookDelivery & { readonly calls: readonly WebhookAttempt[] }) => ({
  ...toDeliveryResource(delivery),
  calls: delivery.calls.map((call) => ({ ...call, at: new Date(call.at).toISOString() })),
})
