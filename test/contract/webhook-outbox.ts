import { describe, expect, it } from 'vitest'
import type { WebhookEndpoint } from '../../infra/domain/webhook.ts'
import type { CallOutcome, DueDelivery, WebhookOutbox } from '../../infra/ports/webhook-outbox.ts'
import type { WebhookStore } from '../../infra/ports/webhook-store.ts'
import { anEndpoint } from './webhook-store.ts'

/** More than any test has. */
export const LIMITS = { totalCount: 1000, perTargetCount: 100, perTenantCount: 100, leaseMs: 60_000 }
const NEVER_MS = 1e12
const MANY = 100

/** How a call went: well, unless told. */
export const anOutcome = ({ id, attempt }: DueDelivery, overrides: Partial<CallOutcome> = {}): CallOutcome => ({
  id,
  attempt,
  verdict: 'delivered',
  status: 200,
  error: null,
  body: null,
  durationMs: 12,
  ...overrides,
})

/** A call that failed and is made again. */
export const FAILED = { verdict: 'retry', retryMs: 60_000, status: 500, error: 'STATUS_REFUSED', body: 'no' } as const

/** What every WebhookOutbox promises. `open` may answer a shared one: each test has tenants of its own. */
export const describeWebhookOutbox = (
  adapter: string,
  open: () => Promise<{ readonly store: WebhookStore; readonly outbox: WebhookOutbox }>,
): void => {
  const start = async (count = 1) => {
    const { store, outbox } = await open()
    const made = anEndpoint()
    const { tenant } = made
    const endpoint = (await store.create(made, MANY)) as WebhookEndpoint
    const ids: string[] = []
    for (let i = 0; i < count; i += 1) ids.push((await outbox.test(tenant, endpoint.id)) as string)
    const due = async (limits: Partial<typeof LIMITS> = {}) =>
      (await outbox.due({ ...LIMITS, ...limits })).filter((delivery) => delivery.tenant === tenant)
    const first = async () => (await due())[0] as DueDelivery
    const list = () => outbox.deliveries(tenant, { limit: MANY })
    const found = () => store.find(tenant, endpoint.id)
    return { store, outbox, tenant, endpoint, ids, due, first, list, found }
  }

  describe(`WebhookOutbox on ${adapter}: calls`, () => {
    it('answers what is due with all that a call needs', async () => {
      const { tenant, endpoint, ids, due } = await start()
      const [delivery] = await due()
      expect(delivery).toMatchObject({ id: ids[0], tenant, endpointId: endpoint.id, url: endpoint.url })
      expect(delivery).toMatchObject({ type: 'webhook.test', jobId: null, task: null, attempt: 1, secrets: ['first'] })
      expect(delivery?.occurredAt).toBeGreaterThan(0)
    })

    it('leases a call to one asker', async () => {
      const { due } = await start()
      const asked = await Promise.all([due(), due(), due()])
      expect(asked.flat()).toHaveLength(1)
    })

    it('gives a call out again when its lease ran out, and drops the first outcome', async () => {
      const { outbox, due, list } = await start()
      const [lost] = (await due({ leaseMs: 0 })) as [DueDelivery]
      const [again] = (await due()) as [DueDelivery]
      expect([again.id, again.attempt]).toEqual([lost.id, 2])
      await outbox.settle(anOutcome(lost), NEVER_MS)
      expect((await list())[0]?.deliveredAt).toBeNull()
      await outbox.settle(anOutcome(again), NEVER_MS)
      expect((await list())[0]?.deliveredAt).toBeGreaterThan(0)
    })

    it('leases no more calls to one endpoint than it may have at once', async () => {
      const { outbox, due } = await start(5)
      const [first, second] = (await due({ perTargetCount: 2 })) as [DueDelivery, DueDelivery]
      expect(await due({ perTargetCount: 2 })).toEqual([])
      await outbox.settle(anOutcome(first), NEVER_MS)
      expect(await due({ perTargetCount: 2 })).toHaveLength(1)
      expect(second.attempt).toBe(1)
    })

    it('leases no more calls to one tenant than it may have at once', async () => {
      const { due } = await start(5)
      expect(await due({ perTenantCount: 3 })).toHaveLength(3)
      expect(await due({ perTenantCount: 3 })).toEqual([])
    })

    it('signs with both secrets while an old one still counts, and with the new one alone afterwards', async () => {
      const { store, tenant, endpoint, due } = await start(2)
      await store.rotate(tenant, endpoint.id, 'second', 60_000)
      expect((await due({ perTargetCount: 1 }))[0]?.secrets).toEqual(['second', 'first'])
      await store.rotate(tenant, endpoint.id, 'third', 0)
      expect((await due())[0]?.secrets).toEqual(['third'])
    })

    it('does not call a disabled endpoint, and goes on when it is enabled again', async () => {
      const { store, tenant, endpoint, due } = await start()
      await store.update(tenant, endpoint.id, { enabled: false })
      expect(await due()).toEqual([])
      await store.update(tenant, endpoint.id, { enabled: true })
      expect(await due()).toHaveLength(1)
    })

    it('does not call an endpoint that was removed', async () => {
      const { store, tenant, endpoint, due } = await start()
      await store.remove(tenant, endpoint.id)
      expect(await due()).toEqual([])
    })
  })

  describe(`WebhookOutbox on ${adapter}: outcomes`, () => {
    it('keeps a delivered call', async () => {
      const { outbox, due, first, list } = await start()
      await outbox.settle(anOutcome(await first()), NEVER_MS)
      const [delivery] = await list()
      expect(delivery).toMatchObject({ attempt: 1, nextAt: null, lastStatus: 200, lastError: null, givenUpAt: null })
      expect(delivery?.deliveredAt).toBeGreaterThan(0)
      expect(await due()).toEqual([])
    })

    it('waits as long as it was told before it calls again', async () => {
      const { outbox, due, first, list, found } = await start()
      await outbox.settle(anOutcome(await first(), FAILED), NEVER_MS)
      expect(await due()).toEqual([])
      const [delivery] = await list()
      expect(delivery).toMatchObject({
        lastStatus: 500,
        lastError: 'STATUS_REFUSED',
        lastBody: 'no',
        deliveredAt: null,
      })
      expect((delivery?.nextAt ?? 0) - (delivery?.lastAt ?? 0)).toBeGreaterThanOrEqual(59_000)
      expect((await found())?.failingSince).toBeGreaterThan(0)
    })

    it('calls again at once when told to', async () => {
      const { outbox, first } = await start()
      await outbox.settle(anOutcome(await first(), { ...FAILED, retryMs: 0 }), NEVER_MS)
      expect((await first()).attempt).toBe(2)
    })

    it('keeps a call that was given up', async () => {
      const { outbox, due, first, list } = await start()
      await outbox.settle(anOutcome(await first(), { ...FAILED, verdict: 'give-up' }), NEVER_MS)
      expect(await due()).toEqual([])
      const [delivery] = await list()
      expect(delivery).toMatchObject({ nextAt: null, deliveredAt: null })
      expect(delivery?.givenUpAt).toBeGreaterThan(0)
    })

    it('forgets the failures of an endpoint with its first success', async () => {
      const { outbox, due, found } = await start(2)
      const [one, two] = (await due()) as [DueDelivery, DueDelivery]
      await outbox.settle(anOutcome(one, FAILED), NEVER_MS)
      await outbox.settle(anOutcome(two), NEVER_MS)
      expect((await found())?.failingSince).toBeNull()
    })

    it('disables an endpoint that fails for too long, once', async () => {
      const { outbox, due, found, tenant, endpoint } = await start(3)
      const [one, two, three] = (await due()) as [DueDelivery, DueDelivery, DueDelivery]
      expect(await outbox.settle(anOutcome(one, FAILED), 0)).toBeUndefined()
      const disabled = { tenant, endpointId: endpoint.id, reason: 'failing' }
      expect(await outbox.settle(anOutcome(two, FAILED), 0)).toEqual(disabled)
      expect(await outbox.settle(anOutcome(three, FAILED), 0)).toBeUndefined()
      expect(await found()).toMatchObject({ disabledReason: 'failing' })
    })

    it('disables an endpoint that says it is gone', async () => {
      const { outbox, first, found } = await start()
      const gone = { ...FAILED, verdict: 'give-up', status: 410, gone: true } as const
      expect(await outbox.settle(anOutcome(await first(), gone), NEVER_MS)).toMatchObject({ reason: 'gone' })
      expect(await found()).toMatchObject({ disabledReason: 'gone' })
    })

    it('leaves an endpoint alone that asked for a pause, and no other', async () => {
      const { store, outbox, due, first, endpoint, tenant } = await start()
      await outbox.settle(anOutcome(await first(), { ...FAILED, pauseMs: 60_000 }), NEVER_MS)
      const other = (await store.create(anEndpoint({ tenant }), MANY)) as WebhookEndpoint
      await outbox.test(tenant, endpoint.id)
      await outbox.test(tenant, other.id)
      expect((await due()).map(({ endpointId }) => endpointId)).toEqual([other.id])
    })
  })

  describe(`WebhookOutbox on ${adapter}: the log`, () => {
    it('lists deliveries newest first, page by page, of one endpoint and of all', async () => {
      const { outbox, ids, tenant, endpoint } = await start(5)
      const page = await outbox.deliveries(tenant, { endpointId: endpoint.id, limit: 3 })
      expect(page.map(({ id }) => id)).toEqual(ids.toReversed().slice(0, 3))
      const rest = await outbox.deliveries(tenant, { before: page[2]?.seq as number, limit: 3 })
      expect(rest.map(({ id }) => id)).toEqual(ids.toReversed().slice(3))
      expect(await outbox.deliveries('other', { endpointId: endpoint.id, limit: 3 })).toEqual([])
    })

    it('lists the deliveries of one job', async () => {
      const { outbox, tenant } = await start()
      expect(await outbox.deliveries(tenant, { jobId: crypto.randomUUID(), limit: 3 })).toEqual([])
    })

    it('sends one again under its own id, as if for the first time', async () => {
      const { outbox, first, tenant } = await start()
      const before = await first()
      expect(await outbox.replay(tenant, before.id)).toBe(false)
      await outbox.settle(anOutcome(before), NEVER_MS)
      expect(await outbox.replay('other', before.id)).toBe(false)
      expect(await outbox.replay(tenant, before.id)).toBe(true)
      expect(await first()).toMatchObject({ id: before.id, attempt: 1 })
    })

    it('sends again what was not delivered of a time, and nothing else', async () => {
      const { outbox, due, tenant, endpoint } = await start(3)
      const [delivered, givenUp, waiting] = (await due()) as [DueDelivery, DueDelivery, DueDelivery]
      await outbox.settle(anOutcome(delivered), NEVER_MS)
      await outbox.settle(anOutcome(givenUp, { ...FAILED, verdict: 'give-up' }), NEVER_MS)
      await outbox.settle(anOutcome(waiting, FAILED), NEVER_MS)
      const [since, until] = [delivered.occurredAt - 1000, waiting.occurredAt + 1000]
      expect(await outbox.replayRange('other', endpoint.id, since, until)).toBe(0)
      expect(await outbox.replayRange(tenant, endpoint.id, since - 2000, since)).toBe(0)
      expect(await outbox.replayRange(tenant, endpoint.id, since, until)).toBe(2)
      expect((await due()).map(({ id }) => id).sort()).toEqual([givenUp.id, waiting.id].sort())
    })

    it('makes no test call for an endpoint it does not know', async () => {
      const { outbox, tenant, endpoint } = await start()
      expect(await outbox.test('other', endpoint.id)).toBeUndefined()
      expect(await outbox.test(tenant, crypto.randomUUID())).toBeUndefined()
    })

    it('forgets what is left of an endpoint that was removed, and keeps the rest', async () => {
      const { store, outbox, list, endpoint, tenant } = await start(2)
      const other = (await store.create(anEndpoint({ tenant }), MANY)) as WebhookEndpoint
      const kept = await outbox.test(tenant, other.id)
      await store.remove(tenant, endpoint.id)
      expect(await outbox.purge(NEVER_MS, 1000)).toBeGreaterThanOrEqual(2)
      expect((await list()).map(({ id }) => id)).toEqual([kept])
    })
  })
}
