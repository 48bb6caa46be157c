/** How a check can end, as an event. */
export const CHECK_EVENTS = ['check.succeeded', 'check.failed', 'check.canceled', 'check.expired'] as const

/** Sent to the other endpoints of a tenant, and to operators, when one is given up. */
export const ENDPOINT_DISABLED = 'webhook.endpoint.disabled'

/** What a caller can be called for. Public: add, never rename. */
export const WEBHOOK_EVENTS = [...CHECK_EVENTS, ENDPOINT_DISABLED] as const
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number]

/** Sent to one endpoint on request, to see whether it answers. */
export const WEBHOOK_TEST = 'webhook.test'
export type WebhookType = WebhookEvent | typeof WEBHOOK_TEST

/**
 * Why nobody is called: its owner wants it so, it failed for days, or it said itself that it is gone (410).
 */
export type DisabledReason = 'caller' | 'failing' | 'gone'

/** Whose deliveries those to operators are; no name that a tenant can have. */
export const OPERATOR = '.operator'

/** An address that is called whenever a tenant's job is over. Instants are epoch ms by the database's clock. */
export interface WebhookEndpoint {
  readonly id: string
  readonly tenant: string
  readonly url: string
  readonly events: readonly WebhookEvent[]
  readonly description: string
  readonly disabledAt: number | null
  readonly disabledReason: DisabledReason | null
  /** the first failure since the last success */
  readonly failingSince: number | null
  readonly createdAt: number
}

/** One event on its way to one address, and how that went. */
export interface WebhookDelivery {
  /** the receiver knows it as `msg_<id>`; the same for every attempt, so that it can tell doubles */
  readonly id: string
  readonly tenant: string
  /** null = the address came with the request */
  readonly endpointId: string | null
  readonly jobId: string | null
  readonly type: WebhookType
  readonly occurredAt: number
  /** calls so far */
  readonly attempt: number
  /** when it is called next; null = over */
  readonly nextAt: number | null
  readonly lastAt: number | null
  readonly lastStatus: number | null
  /** the class of what went wrong, never a text of the other side */
  readonly lastError: string | null
  /** the first bytes the receiver answered with; for operators only */
  readonly lastBody: string | null
  readonly deliveredAt: number | null
  readonly givenUpAt: number | null
}

/** One call of a delivery, and what became of it. */
export interface WebhookAttempt {
  /** its number, from 1; begins anew when the delivery is sent again */
  readonly attempt: number
  /** when it began, epoch ms by the database's clock */
  readonly at: number
  readonly status: number | null
  /** the class of what went wrong */
  readonly error: string | null
  readonly durationMs: number
}

/** Why an address is not called. Public: add, never rename. */
export type UrlRefusal =
  | 'MALFORMED'
  | 'SCHEME_REFUSED'
  | 'USERINFO_REFUSED'
  | 'PORT_REFUSED'
  /** loopback, private, link-local, reserved, ...: not of the public internet */
  | 'ADDRESS_REFUSED'

/** What a delivery log says of a call without an answer. */
export type CallFailure =
  | UrlRefusal
  | 'TIMEOUT'
  | 'NAME_NOT_RESOLVED'
  | 'NOT_CONNECTED'
  | 'TLS_FAILED'
  | 'CONNECTION_LOST'
  | 'REDIRECT_REFUSED'
  | 'STATUS_REFUSED'
  | 'SECRET_UNREADABLE'
