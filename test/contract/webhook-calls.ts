import { describe, expect, it } from 'vitest'
import type { WebhookEndpoint, WebhookEvent } from '../../infra/domain/webhook.ts'
import type { CallOutcome, DueDelivery, WebhookOutbox } from '../../infra/ports/webhook-outbox.ts'
import type { WebhookStore } from '../../infra/ports/webhook-store.ts'
import { anOutcome, FAILED, LIMITS } from './webhook-outbox.ts'
import { anEndpoint } from './webhook-store.ts'

const NEVER_MS = 1e12
const MANY = 100
const DISABLED = 'webhook.endpoint.disabled'
const GONE = { ...FAILED, verdict: 'give-up', status: 410, gone: true } as const

/** What every WebhookOutbox promises of the log of calls, and of telling that an endpoint was disabled. */
export const describeWebhookCalls = (
  adapter: string,
  open: () => Promise<{ readonly store: WebhookStore; readonly outbox: WebhookOutbox }>,
): void => {
  const start = async () => {
    const { store, outbox } = await open()
    const { tenant } = anEndpoint()
    const make = async (events: readonly WebhookEvent[] = ['check.succeeded']) =>
      (await store.create(anEndpoint({ tenant, events }), MANY)) as WebhookEndpoint
    const due = async () => (await outbox.due({ ...LIMITS, leaseMs: 60_000 })).filter((one) => one.tenant === tenant)
    const endpoint = await make()
    const id = (await outbox.test(tenant, endpoint.id)) as string
    /** make the one call that is due, with this outcome */
    const call = async (overrides: Partial<CallOutcome> = {}): Promise<DueDelivery> => {
      const [delivery] = (await due()).filter((one) => one.endpointId === endpoint.id) as [DueDelivery]
      await outbox.settle(anOutcome(delivery, overrides), NEVER_MS)
      return delivery
    }
    const calls = async () => (await outbox.delivery(tenant, id))?.calls
    return { store, outbox, tenant, make, due, endpoint, id, call, calls }
  }

  describe(`WebhookOutbox on ${adapter}: every call`, () => {
    it('is kept with its number, its time, what came of it and how long it took, and without any answer', async () => {
      const { outbox, tenant, id, call, calls } = await start()
      expect(await calls()).toEqual([])
      await call({ ...FAILED, retryMs: 0, durationMs: 15_000 })
      await call({ ...FAILED, retryMs: 0, status: null, error: 'TIMEOUT', durationMs: 7 })
      await call()
      expect(await calls()).toEqual([
        { attempt: 1, at: expect.any(Number), status: 500, error: 'STATUS_REFUSED', durationMs: 15_000 },
        { attempt: 2, at: expect.any(Number), status: null, error: 'TIMEOUT', durationMs: 7 },
        { attempt: 3, at: expect.any(Number), status: 200, error: null, durationMs: 12 },
      ])
      const times = (await calls())?.map(({ at }) => at) as number[]
      expect(times).toEqual(times.toSorted((a, b) => a - b))
      expect(await outbox.delivery(tenant, id)).toMatchObject({ id, attempt: 3, lastStatus: 200 })
      expect(JSON.stringify(await calls())).not.toContain('"no"')
    })

    it('is not kept when its outcome came too late', async () => {
      const { outbox, due, calls } = await start()
      const [delivery] = (await due()) as [DueDelivery]
      await outbox.settle(anOutcome({ ...delivery, attempt: 7 }), NEVER_MS)
      expect(await calls()).toEqual([])
      await outbox.settle(anOutcome(delivery), NEVER_MS)
      await outbox.settle(anOutcome(delivery), NEVER_MS)
      expect(await calls()).toHaveLength(1)
    })

    it("is nobody else's, and goes with its delivery", async () => {
      const { store, outbox, tenant, endpoint, id, call, calls } = await start()
      await call({ ...FAILED, retryMs: 0 })
      expect(await outbox.delivery('other', id)).toBeUndefined()
      expect(await outbox.delivery(tenant, endpoint.id)).toBeUndefined()
      await store.remove(tenant, endpoint.id)
      await outbox.purge(NEVER_MS, 1000)
      expect(await calls()).toBeUndefined()
    })

    it('is kept when the delivery is sent again, the latest of them', async () => {
      const { outbox, tenant, id, call, calls } = await start()
      for (let round = 0; round < 55; round += 1) {
        await call({ durationMs: round })
        await outbox.replay(tenant, id)
      }
      const kept = (await calls())?.map(({ durationMs }) => durationMs)
      expect(kept).toEqual(Array.from({ length: 40 }, (_, index) => 15 + index))
    })
  })

  describe(`WebhookOutbox on ${adapter}: an endpoint that is disabled`, () => {
    it('is told of to the other endpoints of its tenant that asked for it, once, and to nobody else', async () => {
      const { outbox, tenant, make, due, endpoint, call } = await start()
      const [told, also] = [await make([DISABLED]), await make(['check.failed', DISABLED])]
      const off = await make([DISABLED])
      const store = (await open()).store
      await store.update(tenant, off.id, { enabled: false })
      const other = await start()
      const theirs = await other.make([DISABLED])
      await call(GONE)
      const notices = await due()
      expect(notices.map(({ endpointId }) => endpointId).sort()).toEqual([told.id, also.id].sort())
      for (const notice of notices)
        expect(notice).toMatchObject({ type: DISABLED, aboutEndpoint: endpoint.id, aboutReason: 'gone', jobId: null })
      expect(await outbox.deliveries(tenant, { endpointId: off.id, limit: MANY })).toEqual([])
      expect(await outbox.deliveries(other.tenant, { endpointId: theirs.id, limit: MANY })).toEqual([])
    })

    it('is not told of when its owner disables it, nor when a call to it merely fails', async () => {
      const { store, outbox, tenant, make, endpoint, call } = await start()
      const { id: endpointId } = await make([DISABLED])
      await call(FAILED)
      await store.update(tenant, endpoint.id, { enabled: false })
      expect(await outbox.deliveries(tenant, { endpointId, limit: MANY })).toEqual([])
    })
  })
}
