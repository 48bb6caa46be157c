import { randomUUID } from 'node:crypto'
import type { WebhookEndpoint } from '../../infra/domain/webhook.ts'
import type { DueDelivery, WebhookOutbox } from '../../infra/ports/webhook-outbox.ts'
import type { EndpointChanges, WebhookStore } from '../../infra/ports/webhook-store.ts'
import { type DeliveryRow, type NewDelivery, Rows, type Secrets } from './webhook-rows.ts'

/** Endpoints and their deliveries in memory, for unit tests. Pass the ports' contract suites. */
export interface MemoryWebhooks {
  readonly store: WebhookStore
  readonly outbox: WebhookOutbox & { enqueue(delivery: NewDelivery): string }
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
  return { id, tenant, endpointId, url, jobId, task: row.task, type, occurredAt, ...row.about, attempt, secrets }
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
  async (outcome, disableAfterMs) => {
    const { id, attempt, verdict, retryMs = 0, pauseMs, gone = false, status, error, body, durationMs } = outcome
    const row = rows.deliveries.get(id)
    if (row?.delivery.attempt !== attempt || row.leasedUntil === undefined) return undefined
    const now = rows.now()
    row.leasedUntil = undefined
    row.calls.push({ attempt, at: row.delivery.lastAt ?? now, status, error, durationMs })
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
    const disabled = { tenant, endpointId: owner.endpoint.id, reason } as const
    rows.tellOfDisabled(disabled)
    return disabled
  }

const createOutbox = (rows: Rows): MemoryWebhooks['outbox'] => {
  const again = (row: DeliveryRow): void => {
    row.calls.splice(0, row.calls.length - 40)
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
    async delivery(tenant, id) {
      const row = rows.deliveries.get(id)
      return row?.delivery.tenant === tenant ? { ...row.delivery, calls: row.calls.slice(-50) } : undefined
    },
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
