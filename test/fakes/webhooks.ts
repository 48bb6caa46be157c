import { randomUUID } from 'node:crypto'
import type { WebhookEndpoint } from '../../infra/domain/webhook.ts'
import type { DueDelivery, ListedDelivery, WebhookOutbox } from '../../infra/ports/webhook-outbox.ts'
import type { EndpointChanges, WebhookStore } from '../../infra/ports/webhook-store.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

interface Secrets {
  secret: string
  previous?: { readonly secret: string; readonly until: number }
}

interface EndpointRow extends Secrets {
  endpoint: WebhookEndpoint
  pausedUntil: number
}

interface DeliveryRow {
  readonly delivery: Mutable<ListedDelivery>
  readonly url: string | undefined
  readonly target: string
  readonly task: string | null
  leasedUntil: number | undefined
}

/** What a job's end puts into the outbox; in the database a trigger does it. */
export type NewDelivery = Pick<ListedDelivery, 'tenant' | 'endpointId' | 'jobId' | 'type'> & { readonly url?: string }

/** Endpoints and their deliveries in memory, for unit tests. Pass the ports' contract suites. */
export interface MemoryWebhooks {
  readonly store: WebhookStore
  readonly outbox: WebhookOutbox & { enqueue(delivery: NewDelivery): string }
}

class Rows {
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
  add({ url, ...facts }: NewDelivery): string {
    const id = randomUUID()
    const target = facts.endpointId ?? `${facts.tenant} ${new URL(url ?? '').host}`
    this.#seq += 1
    const now = this.now()
    const state = { attempt: 0, nextAt: now, lastAt: null, deliveredAt: null, givenUpAt: null }
    const last = { lastStatus: null, lastError: null, lastBody: null }
    const delivery = { id, seq: this.#seq, occurredAt: now, ...facts, ...state, ...last }
    const task = facts.jobId === null ? null : 'liveness'
    this.deliveries.set(id, { delivery, url, target, task, leasedUntil: undefined })
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
  secretsOf({ endpointId, tenant }: ListedDelivery): readonly string[] {
    const found = endpointId === null ? this.tenants.get(tenant) : this.endpoints.get(endpointId)
    if (!found) return []
    const { secret, previous } = found
    return previous && previous.until > this.now() ? [secret, previous.secret] : [secret]
  }
}

const rotated = (row: Secrets, secret: string, until: number): void => {
  row.previous = { secret: row.secret, until }
  row.secret = secret
}

const changed = (endpoint: WebhookEndpoint, changes: EndpointChanges, now: number): WebhookEndpoint => {
  const { enabled, ...facts } = changes
  const given = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined))
  if (enabled === true) return { ...endpoint, ...given, disabledAt: null, disabledReason: null, failingSince: null }
  if (enabled === false)
    return { ...endpoint, ...given, disabledAt: endpoint.disabledAt ?? now, disabledReason: 'caller' }
  return { ...endpoint, ...given }
}

const createStore = (rows: Rows): WebhookStore => {
  const ofTenant = (tenant: string) =>
    [...rows.endpoints.values()].map(({ endpoint }) => endpoint).filter((endpoint) => endpoint.tenant === tenant)
  return {
    async create({ secret, ...facts }, maxCount) {
      if (ofTenant(facts.tenant).length >= maxCount) return undefined
      const state = { disabledAt: null, disabledReason: null, failingSince: null, createdAt: rows.now() }
      const endpoint = { id: randomUUID(), ...facts, ...state }
      rows.endpoints.set(endpoint.id, { endpoint, secret, pausedUntil: 0 })
      return endpoint
    },
    list: async (tenant) => ofTenant(tenant),
    find: async (tenant, id) => rows.owned(tenant, id)?.endpoint,
    async update(tenant, id, changes) {
      const row = rows.owned(tenant, id)
      if (!row) return undefined
      row.endpoint = changed(row.endpoint, changes, rows.now())
      if (changes.enabled === true) row.pausedUntil = 0
      return row.endpoint
    },
    remove: async (tenant, id) => rows.owned(tenant, id) !== undefined && rows.endpoints.delete(id),
    async rotate(tenant, id, secret, overlapMs) {
      const row = rows.owned(tenant, id)
      if (row) rotated(row, secret, rows.now() + overlapMs)
      return row !== undefined
    },
    async tenantSecret(tenant, fresh) {
      const found = rows.tenants.get(tenant)
      if (found) return found.secret
      rows.tenants.set(tenant, { secret: fresh })
      return fresh
    },
    async rotateTenantSecret(tenant, secret, overlapMs) {
      const found = rows.tenants.get(tenant)
      if (found) rotated(found, secret, rows.now() + overlapMs)
      else rows.tenants.set(tenant, { secret })
    },
  }
}

const lease = (rows: Rows, row: DeliveryRow, leaseMs: number): DueDelivery => {
  const { delivery } = row
  row.leasedUntil = rows.now() + leaseMs
  delivery.attempt += 1
  delivery.nextAt = row.leasedUntil
  delivery.lastAt = rows.now()
  const { id, tenant, endpointId, jobId, type, occurredAt, attempt } = delivery
  const url = (endpointId === null ? row.url : rows.endpoints.get(endpointId)?.endpoint.url) ?? ''
  const secrets = rows.secretsOf(delivery)
  return { id, tenant, endpointId, url, jobId, task: row.task, type, occurredAt, attempt, secrets }
}

const due =
  (rows: Rows): WebhookOutbox['due'] =>
  async ({ totalCount, perTargetCount, perTenantCount, leaseMs }) => {
    const all = [...rows.deliveries.values()]
    const leasedCount = (same: (row: DeliveryRow) => boolean): number =>
      all.filter((row) => rows.isLeased(row) && same(row)).length
    const picked: DueDelivery[] = []
    for (const row of all.toSorted((a, b) => (a.delivery.nextAt ?? 0) - (b.delivery.nextAt ?? 0))) {
      if (picked.length === totalCount) break
      if (!rows.isDue(row)) continue
      if (leasedCount(({ target }) => target === row.target) >= perTargetCount) continue
      if (leasedCount(({ delivery }) => delivery.tenant === row.delivery.tenant) >= perTenantCount) continue
      picked.push(lease(rows, row, leaseMs))
    }
    return picked
  }

const settle =
  (rows: Rows): WebhookOutbox['settle'] =>
  async ({ id, attempt, verdict, retryMs = 0, pauseMs, gone = false, status, error, body }, disableAfterMs) => {
    const row = rows.deliveries.get(id)
    if (row?.delivery.attempt !== attempt || row.leasedUntil === undefined) return undefined
    const now = rows.now()
    row.leasedUntil = undefined
    Object.assign(row.delivery, {
      lastStatus: status,
      lastError: error,
      lastBody: body,
      nextAt: verdict === 'retry' ? now + retryMs : null,
      deliveredAt: verdict === 'delivered' ? now : null,
      givenUpAt: verdict === 'give-up' ? now : null,
    })
    const { endpointId } = row.delivery
    const owner = endpointId === null ? undefined : rows.endpoints.get(endpointId)
    if (!owner || owner.endpoint.disabledAt !== null) return undefined
    if (pauseMs !== undefined) owner.pausedUntil = now + pauseMs
    const { failingSince, tenant } = owner.endpoint
    if (verdict === 'delivered') owner.endpoint = { ...owner.endpoint, failingSince: null }
    else owner.endpoint = { ...owner.endpoint, failingSince: failingSince ?? now }
    const failing = verdict !== 'delivered' && failingSince !== null && failingSince <= now - disableAfterMs
    if (!gone && !failing) return undefined
    const reason = gone ? 'gone' : 'failing'
    owner.endpoint = { ...owner.endpoint, disabledAt: now, disabledReason: reason }
    return { tenant, endpointId: owner.endpoint.id, reason }
  }

const createOutbox = (rows: Rows): MemoryWebhooks['outbox'] => {
  const again = (row: DeliveryRow): void => {
    Object.assign(row.delivery, { attempt: 0, nextAt: rows.now(), deliveredAt: null, givenUpAt: null })
  }
  const inside = ({ delivery: { occurredAt } }: DeliveryRow, since: number, until: number): boolean =>
    occurredAt >= since && occurredAt < until
  return {
    enqueue: (delivery) => rows.add(delivery),
    due: due(rows),
    settle: settle(rows),
    deliveries: async (tenant, { endpointId, jobId, before = Number.POSITIVE_INFINITY, limit }) =>
      [...rows.deliveries.values()]
        .map(({ delivery }) => ({ ...delivery }))
        .filter((delivery) => delivery.tenant === tenant && delivery.seq < before)
        .filter((delivery) => endpointId === undefined || delivery.endpointId === endpointId)
        .filter((delivery) => jobId === undefined || delivery.jobId === jobId)
        .toSorted((a, b) => b.seq - a.seq)
        .slice(0, limit),
    test: async (tenant, endpointId) =>
      rows.owned(tenant, endpointId) && rows.add({ tenant, endpointId, jobId: null, type: 'webhook.test' }),
    async replay(tenant, id) {
      const row = rows.deliveries.get(id)
      if (row?.delivery.tenant !== tenant || row.leasedUntil !== undefined) return false
      again(row)
      return true
    },
    async replayRange(tenant, endpointId, since, until) {
      const found = [...rows.deliveries.values()].filter(
        (row) =>
          row.delivery.tenant === tenant &&
          row.delivery.endpointId === endpointId &&
          row.delivery.deliveredAt === null &&
          row.leasedUntil === undefined &&
          inside(row, since, until),
      )
      for (const row of found) again(row)
      return found.length
    },
    async purge(olderThanMs, limit) {
      const isOld = ({ delivery: { occurredAt } }: DeliveryRow) => occurredAt < rows.now() - olderThanMs
      const isOrphan = ({ delivery: { endpointId, nextAt } }: DeliveryRow) =>
        endpointId !== null && nextAt !== null && !rows.endpoints.has(endpointId)
      const found = [...rows.deliveries.values()].filter((row) => isOld(row) || isOrphan(row)).slice(0, limit)
      for (const { delivery } of found) rows.deliveries.delete(delivery.id)
      return found.length
    },
  }
}

/** @param now epoch ms */
export const createMemoryWebhooks = (now: () => number = Date.now): MemoryWebhooks => {
  const rows = new Rows(now)
  return { store: createStore(rows), outbox: createOutbox(rows) }
}
