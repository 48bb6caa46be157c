import type { WebhookEndpoint, WebhookEvent } from '../domain/webhook.ts'

export type NewEndpoint = Pick<WebhookEndpoint, 'tenant' | 'url' | 'events' | 'description'> & {
  readonly secret: string
}

/** What is not named stays. `enabled: true` also ends a pause and forgets the failures. */
export interface EndpointChanges {
  readonly url?: string
  readonly events?: readonly WebhookEvent[]
  readonly description?: string
  readonly enabled?: boolean
}

/** Whom to call, tenant by tenant: an endpoint of another tenant is one that does not exist. @throws UnavailableError */
export interface WebhookStore {
  /** undefined = the tenant has `maxCount` already */
  create(endpoint: NewEndpoint, maxCount: number): Promise<WebhookEndpoint | undefined>
  /** oldest first */
  list(tenant: string): Promise<readonly WebhookEndpoint[]>
  find(tenant: string, id: string): Promise<WebhookEndpoint | undefined>
  update(tenant: string, id: string, changes: EndpointChanges): Promise<WebhookEndpoint | undefined>
  /** What was still to be sent to it is dropped. */
  remove(tenant: string, id: string): Promise<boolean>
  /** From now on the new secret signs, and the one before beside it for `overlapMs`. */
  rotate(tenant: string, id: string, secret: string, overlapMs: number): Promise<boolean>
  /** The secret of addresses that come with a request: the one there is, else `fresh` from now on. */
  tenantSecret(tenant: string, fresh: string): Promise<string>
  rotateTenantSecret(tenant: string, secret: string, overlapMs: number): Promise<void>
}
