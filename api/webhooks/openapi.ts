import Type, { type TSchema } from 'typebox'
import { CHECK_EVENTS, ENDPOINT_DISABLED } from '../../infra/domain/webhook.ts'
import { strict, words } from '../../infra/http/schema.ts'

const STATUSES = CHECK_EVENTS.map((event) => event.slice(event.indexOf('.') + 1))

const Event = strict(
  {
    type: words(CHECK_EVENTS),
    timestamp: Type.String({ format: 'date-time', description: 'when the check was over' }),
    data: strict({
      id: Type.String({ description: 'of the job' }),
      task: Type.String(),
      status: words(STATUSES),
      url: Type.Optional(Type.String({ description: 'of the job; present when the service knows its own address' })),
    }),
  },
  {
    examples: [
      {
        type: 'check.succeeded',
        timestamp: '2026-11-21T10:00:00.000Z',
        data: {
          id: '01934c2e-7b1a-7c3e-9d42-5f0a1b2c3d4e',
          task: 'liveness',
          status: 'succeeded',
          url: 'https://muster.example/v1/jobs/01934c2e-7b1a-7c3e-9d42-5f0a1b2c3d4e',
        },
      },
    ],
  },
)

const DisabledEvent = strict(
  {
    type: words([ENDPOINT_DISABLED]),
    timestamp: Type.String({ format: 'date-time', description: 'when it was disabled' }),
    data: strict({
      endpoint: Type.String({ description: 'of the endpoint that is no longer called' }),
      reason: words(['failing', 'gone'], '`failing`: no call succeeded for five days; `gone`: it answered 410'),
      url: Type.Optional(
        Type.String({ description: 'of the endpoint; present when the service knows its own address' }),
      ),
    }),
  },
  {
    examples: [
      {
        type: ENDPOINT_DISABLED,
        timestamp: '2026-11-21T10:00:00.000Z',
        data: { endpoint: '5f2c8a3e-7b1a-4c3e-9d42-5f0a1b2c3d4e', reason: 'failing' },
      },
    ],
  },
)

const header = (name: string, description: string) => ({
  name,
  in: 'header' as const,
  required: true,
  description,
  schema: { type: 'string' as const },
})

const callback = (
  operationId: string,
  words: { readonly summary: string; readonly description: string },
  schema: TSchema,
) => ({
  post: {
    operationId,
    ...words,
    tags: ['webhooks'],
    security: [],
    parameters: [
      header('webhook-id', 'of the delivery, the same at every attempt'),
      header('webhook-timestamp', 'of the attempt, in seconds since 1970'),
      header('webhook-signature', '`v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`; several, apart by spaces'),
    ],
    requestBody: { required: true, content: { 'application/json': { schema } } },
    responses: {
      '2XX': { description: 'It arrived' },
      '410': { description: 'Never call this endpoint again' },
      '429': { description: 'Slow down; `retry-after` is kept to' },
    },
  },
})

/** What receivers are sent, for the API's document. */
export const WEBHOOK_CALLBACKS = {
  'check-is-over': callback(
    'check-is-over',
    {
      summary: 'A check is over',
      description:
        'Sent to every endpoint that asked for the event, and to the `webhookUrl` of the check. It carries no result: get the job. Signed after Standard Webhooks 1.0; sent again, for three days, until a 2xx answers. An event may arrive twice and out of order: `webhook-id` tells doubles. Check `webhook-timestamp` and the signature before you believe it; the SDK does: `muster.webhooks.unwrap`.',
    },
    Event,
  ),
  'endpoint-is-disabled': callback(
    'endpoint-is-disabled',
    {
      summary: 'An endpoint is no longer called',
      description:
        'Sent to the other endpoints of the same tenant that asked for `webhook.endpoint.disabled`, when one failed for five days or answered 410. Signed and sent again as every event.',
    },
    DisabledEvent,
  ),
}
