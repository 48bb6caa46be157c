import { randomUUID } from 'node:crypto'
import { ENDPOINT_DISABLED, type WebhookAttempt, type WebhookEndpoint } from '../../infra/domain/webhook.ts'
import type { DisabledEndpoint, DueDelivery, ListedDelivery } from '../../infra/ports/webhook-outbox.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** The present secret and the one before. */
export interface Secrets {
  secret: string
  previous?: { readonly secret: string; readonly until: number }
}

/** An endpoint with what callers do not see. */
export interface EndpointRow extends Secrets {
  endpoint: WebhookEndpoint
  pausedUntil: number
}

/** A delivery with what callers do not see. */
export interface DeliveryRow {
  readonly delivery: Mutable<ListedDelivery>
  readonly url: string | undefined
  readonly target: string
  readonly task: string | null
  readonly about: Pick<DueDelivery, 'aboutEndpoint' | 'aboutReason' | 'aboutTenant'>
  readonly calls: WebhookAttempt[]
  leasedUntil: number | undefined
}

/** What a job's end puts into the outbox; in the database a trigger does it. */
export type NewDelivery = Pick<ListedDelivery, 'tenant' | 'endpointId' | 'jobId' | 'type'> & { readonly url?: string }

const ABOUT_NOTHING = { aboutEndpoint: null, aboutReason: null, aboutTenant: null }

/** The tables of webhooks. */
export class Rows {
  readonly now: () => number
  readonly endpoints = new Map<string, EndpointRow>()
  readonly tenants = new Map<string, Secrets>()
  readonly deliveries = new Map<string, DeliveryRow>()
  #seq = 0
  constructor(now: () => number) {
    this.now = now
  }
  owned(tenant: string, id: string): EndpointRow | undefined {
    const row = this.endpoints.get(id)
    return row?.endpoint.tenant === tenant ? row : undefined
  }
  add({ url, ...facts }: NewDelivery, about: DeliveryRow['about'] = ABOUT_NOTHING): string {
    const id = randomUUID()
    const target = facts.endpointId ?? `${facts.tenant} ${new URL(url ?? '').host}`
    this.#seq += 1
    const now = this.now()
    const state = { attempt: 0, nextAt: now, lastAt: null, deliveredAt: null, givenUpAt: null }
    const last = { lastStatus: null, lastError: null, lastBody: null }
    const delivery = { id, seq: this.#seq, occurredAt: now, ...facts, ...state, ...last }
    const task = facts.jobId === null ? null : 'liveness'
    this.deliveries.set(id, { delivery, url, target, task, about, calls: [], leasedUntil: undefined })
    return id
  }
  isLeased(row: DeliveryRow): boolean {
    return row.leasedUntil !== undefined && row.leasedUntil > this.now()
  }
  isDue({ delivery: { nextAt, endpointId } }: DeliveryRow): boolean {
    if (nextAt === null || nextAt > this.now()) return false
    if (endpointId === null) return true
    const row = this.endpoints.get(endpointId)
    return row !== undefined && row.endpoint.disabledAt === null && row.pausedUntil <= this.now()
  }
  /** The other endpoints of the tenant that asked for it are told. */
  tellOfDisabled({ tenant, endpointId: aboutEndpoint, reason: aboutReason }: DisabledEndpoint): void {
    for (const { endpoint } of this.endpoints.values())
      if (endpoint.tenant === tenant && endpoint.disabledAt === null && endpoint.events.includes(ENDPOINT_DISABLED))
        this.add(
          { tenant, endpointId: endpoint.id, jobId: null, type: ENDPOINT_DISABLED },
          { aboutEndpoint, aboutReason, aboutTenant: tenant },
        )
  }
  secretsOf({ endpointId, tenant }: ListedDelivery): readonly string[] {
    const found = endpointId === null ? this.tenants.get(tenant) : this.endpoints.get(endpointId)
    if (!found) return []
    const { secret, previous } = found
    return previous && previous.until > this.now() ? [secret, previous.secret] : [secret]
  }
}
