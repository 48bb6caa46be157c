import { ConfigurationError } from './errors.ts'
import type { CallOptions, RunCall } from './jobs.ts'
import type { Request, Transport } from './transport.ts'
import { invalidAnswer } from './transport.ts'
import { type UnwrapOptions, unwrapWebhook, type WebhookEvent, type WebhookHeaders } from './webhook-event.ts'

/** An address that is called when checks are over. Instants are ISO 8601. */
export interface Webhook {
  readonly id: string
  readonly url: string
  readonly events: readonly string[]
  readonly description: string
  readonly enabled: boolean
  readonly disabledReason: 'caller' | 'failing' | 'gone' | null
  readonly disabledAt: string | null
  readonly failingSince: string | null
  readonly createdAt: string
}

/** One event on its way to one address, and how that went. */
export interface WebhookDelivery {
  /** the receiver gets it as `webhook-id` */
  readonly id: string
  readonly webhookId: string | null
  readonly jobId: string | null
  readonly type: string
  readonly occurredAt: string
  readonly state: 'pending' | 'delivered' | 'failed'
  readonly attempts: number
  readonly nextAttemptAt: string | null
  readonly lastAttemptAt: string | null
  readonly lastStatus: number | null
  readonly lastError: string | null
  readonly deliveredAt: string | null
}

/** A delivery and what became of each call of it, the oldest first. */
export interface WebhookDeliveryWithCalls extends WebhookDelivery {
  readonly calls: readonly {
    /** begins anew when the delivery is sent again */
    readonly attempt: number
    readonly at: string
    readonly status: number | null
    readonly error: string | null
    readonly durationMs: number
  }[]
}

/** A page of deliveries, newest first. */
export interface DeliveryPage {
  readonly deliveries: readonly WebhookDelivery[]
  /** give it as `before` for the next page; null = this was the last */
  readonly next: string | null
}

/** What an endpoint is made of. Without `events` it is called for all of them. */
export interface WebhookSettings {
  readonly url: string
  readonly events?: readonly Exclude<WebhookEvent['type'], 'webhook.test'>[]
  readonly description?: string
}

const BASE = '/v1/webhooks'

const pathOf = (id: string, action = ''): string => {
  if (typeof id !== 'string' || id === '') throw new ConfigurationError('an id is needed')
  return `${BASE}/${encodeURIComponent(id)}${action}`
}

/** Webhooks: check those you get, say where you want them, see how it went. Needs a key of an admin or an operator. */
export class WebhooksClient {
  readonly #transport: Transport
  readonly #run: RunCall
  constructor(transport: Transport, run: RunCall) {
    this.#transport = transport
    this.#run = run
  }

  /**
   * Check that a webhook is from the service, is recent and was not changed, and read it. Sends nothing.
   * @param rawBody the body as it came, before any parser touched it
   * @param secret of the endpoint, `whsec_...`; several while you rotate
   * @throws WebhookVerificationError: answer the call with 400
   */
  unwrap(
    rawBody: string | Uint8Array | ArrayBuffer,
    headers: WebhookHeaders,
    secret: string | readonly string[],
    options?: UnwrapOptions,
  ): Promise<WebhookEvent> {
    return unwrapWebhook(rawBody, headers, secret, options)
  }

  /** The secret is in this answer and in that of `rotate`, and never again. Not retried: it could make two. */
  create(settings: WebhookSettings, options?: CallOptions): Promise<Webhook & { readonly secret: string }> {
    return this.#ask('POST', BASE, settings, { ...options, maxRetries: 0 })
  }

  async list(options?: CallOptions): Promise<readonly Webhook[]> {
    return (await this.#ask<{ webhooks: readonly Webhook[] }>('GET', BASE, undefined, options)).webhooks
  }

  /** @param changes `enabled: true` also sends what has waited */
  update(
    id: string,
    changes: Partial<WebhookSettings> & { readonly enabled?: boolean },
    options?: CallOptions,
  ): Promise<Webhook> {
    return this.#ask('PATCH', pathOf(id), changes, options)
  }

  delete(id: string, options?: CallOptions): Promise<void> {
    return this.#ask('DELETE', pathOf(id), undefined, options)
  }

  /** A new secret; the one before signs beside it for three days. Not retried: a second one would retire the first. */
  rotate(id: string, options?: CallOptions): Promise<{ readonly secret: string }> {
    return this.#ask('POST', pathOf(id, '/rotate'), undefined, { ...options, maxRetries: 0 })
  }

  /** Have it called with an event of type `webhook.test`. */
  test(id: string, options?: CallOptions): Promise<{ readonly deliveryId: string }> {
    return this.#ask('POST', pathOf(id, '/test'), undefined, options)
  }

  /** @param query `webhookId` for one endpoint, `before` for the next page */
  deliveries(
    query: { readonly webhookId?: string; readonly before?: string; readonly limit?: number } = {},
    options?: CallOptions,
  ): Promise<DeliveryPage> {
    const { webhookId, before, limit } = query
    const params = new URLSearchParams({
      ...(before !== undefined && { before }),
      ...(limit !== undefined && { limit: String(limit) }),
    })
    const path = webhookId === undefined ? `${BASE}/deliveries` : pathOf(webhookId, '/deliveries')
    return this.#ask('GET', params.size > 0 ? `${path}?${params}` : path, undefined, options)
  }

  /** One delivery, with each call of it. */
  delivery(id: string, options?: CallOptions): Promise<WebhookDeliveryWithCalls> {
    return this.#ask('GET', pathOf('deliveries', `/${encodeURIComponent(String(id))}`), undefined, options)
  }

  /** Send one delivery again, or what an endpoint was not given of a time. @returns how many */
  async replay(
    what: string | { readonly webhookId: string; readonly since: Date; readonly until?: Date },
    options?: CallOptions,
  ): Promise<number> {
    const range = typeof what === 'string' ? undefined : what
    const path = range
      ? pathOf(range.webhookId, '/replay')
      : pathOf('deliveries', `/${encodeURIComponent(String(what))}/replay`)
    const body = range && { since: range.since.toISOString(), ...(range.until && { until: range.until.toISOString() }) }
    return (await this.#ask<{ replayed: number }>('POST', path, body, options)).replayed
  }

  #ask<T>(method: Request['method'], to: string, body: object | undefined, options?: CallOptions): Promise<T> {
    return this.#run(options, async (scope) => {
      const json = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
      const answer = await this.#transport.send({ method, to, ...json }, scope, options?.maxRetries)
      if (method !== 'DELETE' && (typeof answer.body !== 'object' || answer.body === null))
        throw invalidAnswer(answer, scope, 'it is not what was asked for')
      return answer.body as T
    })
  }
}
