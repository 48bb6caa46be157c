import type { WebhookAttempt, WebhookDelivery, WebhookType } from '../domain/webhook.ts'

/** What is needed to make one call. */
export interface DueDelivery {
  readonly id: string
  readonly tenant: string
  readonly endpointId: string | null
  readonly url: string
  readonly jobId: string | null
  readonly task: string | null
  readonly type: WebhookType
  readonly occurredAt: number
  /** the endpoint that was disabled, where the event is about one */
  readonly aboutEndpoint: string | null
  readonly aboutReason: string | null
  /** whose that endpoint is; for operators only */
  readonly aboutTenant: string | null
  /** this call's number, from 1: the fencing token of its outcome */
  readonly attempt: number
  /** the current one first; empty = the tenant has none yet */
  readonly secrets: readonly string[]
}

/** How many calls may be under way at once, over all processes. */
export interface DueLimits {
  readonly totalCount: number
  readonly perTargetCount: number
  readonly perTenantCount: number
  readonly leaseMs: number
}

/** How a call went. */
export interface CallOutcome {
  readonly id: string
  readonly attempt: number
  readonly verdict: 'delivered' | 'retry' | 'give-up'
  /** until the next call */
  readonly retryMs?: number
  /** the receiver wants a pause: nothing else goes to this endpoint either */
  readonly pauseMs?: number
  /** the receiver said it is gone for good */
  readonly gone?: boolean
  readonly status: number | null
  readonly error: string | null
  readonly body: string | null
  /** of the call */
  readonly durationMs: number
}

/** An endpoint that nobody calls any more from now on. */
export interface DisabledEndpoint {
  readonly tenant: string
  readonly endpointId: string
  readonly reason: 'failing' | 'gone'
}

/** Which deliveries to list: newest first, from before a place in the list on. */
export interface DeliveryQuery {
  readonly endpointId?: string
  readonly jobId?: string
  /** of the last one seen */
  readonly before?: number
  readonly limit: number
}

/** A delivery with its place in the list. */
export type ListedDelivery = WebhookDelivery & { readonly seq: number }

/** A delivery with its calls. */
export type DeliveryWithCalls = ListedDelivery & { readonly calls: readonly WebhookAttempt[] }

/**
 * What is to be sent, and what became of it. Rows arise where jobs end, in the same transaction. Every time comparison
 * uses the database's clock. @throws UnavailableError
 */
export interface WebhookOutbox {
  /** Lease what is due: counted as an attempt from here on, free again when the lease runs out without an outcome. */
  due(limits: DueLimits): Promise<readonly DueDelivery[]>
  /**
   * Keep how a call went, unless a later attempt has begun. Calls of one moment may be grouped. Where it disables an
   * endpoint, the tenant's other endpoints that asked for it have a delivery about that, in the same transaction.
   * @param disableAfterMs an endpoint that failed for this long without a success is disabled
   * @returns the endpoint where this outcome disabled it
   */
  settle(outcome: CallOutcome, disableAfterMs: number): Promise<DisabledEndpoint | undefined>
  deliveries(tenant: string, query: DeliveryQuery): Promise<readonly ListedDelivery[]>
  /** One delivery and what became of each call of it, the oldest first; of one sent again and again the latest fifty. */
  delivery(tenant: string, id: string): Promise<DeliveryWithCalls | undefined>
  /** A call to see whether an endpoint answers; undefined = no such endpoint. */
  test(tenant: string, endpointId: string): Promise<string | undefined>
  /** Send one again, delivered or not, as if for the first time but under its own id. */
  replay(tenant: string, id: string): Promise<boolean>
  /** Send again what an endpoint was not given of this time (epoch ms); answers how many. */
  replayRange(tenant: string, endpointId: string, since: number, until: number): Promise<number>
  /** Forget what happened longer ago, delivered or not, and what belongs to endpoints that are gone; answers how many. */
  purge(olderThanMs: number, limit: number): Promise<number>
}
