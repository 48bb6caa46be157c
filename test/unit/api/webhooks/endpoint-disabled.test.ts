import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { unwrapWebhook } from '../../../../api/client/client.ts'
import { createDelivery } from '../../../../api/webhooks/delivery.ts'
import { makeWebhookSecret } from '../../../../api/webhooks/sign.ts'
import { OPERATOR } from '../../../../infra/domain/webhook.ts'
import type { CallOutcome } from '../../../../infra/ports/webhook-outbox.ts'
import type { WebhookCall } from '../../../../infra/ports/webhook-sender.ts'
import { anEndpoint } from '../../../contract/webhook-store.ts'
import { OK, startWorld } from '../../../fixtures/webhook-world.ts'

describe('an endpoint that is disabled', () => {
  const DISABLED = 'webhook.endpoint.disabled'

  it('is told of to another one that asked for it, signed with its own secret', async () => {
    const world = startWorld()
    const { id } = await world.endpoint()
    const secret = makeWebhookSecret(randomBytes)
    const sealed = world.box.seal(secret, 'acme')
    await world.store.create(
      anEndpoint({ tenant: 'acme', url: 'https://told.example/', events: [DISABLED], secret: sealed }),
      10,
    )
    world.end(id)
    world.receives(({ url }) => (url === 'https://told.example/' ? OK : { ...OK, status: 410 }))
    await world.round()
    await world.round()
    const [, told] = world.calls as [WebhookCall, WebhookCall]
    expect(world.calls).toHaveLength(2)
    expect(await unwrapWebhook(told.body, told.headers, secret, { now: world.now() })).toEqual({
      type: DISABLED,
      timestamp: new Date(world.now()).toISOString(),
      data: { endpoint: id, reason: 'gone', url: `https://muster.example/v1/webhooks/${id}` },
    })
  })

  it('is told of to operators with its tenant, signed with their secret', async () => {
    const secret = makeWebhookSecret(randomBytes)
    const about = { aboutEndpoint: 'e-1', aboutReason: 'failing', aboutTenant: 'acme' }
    const none = { endpointId: null, jobId: null, task: null, secrets: [] }
    const due = {
      id: 'd-1',
      tenant: OPERATOR,
      url: 'https://ops.example/',
      occurredAt: 0,
      attempt: 1,
      ...none,
      ...about,
    }
    const tell = async (noticeSecret?: () => string) => {
      const world = startWorld()
      const outcomes: CallOutcome[] = []
      const outbox = {
        due: async () => [{ ...due, type: DISABLED } as const],
        async settle(outcome: CallOutcome) {
          outcomes.push(outcome)
          return undefined
        },
      }
      const config = { publicUrl: undefined, version: '1', ...(noticeSecret && { noticeSecret }) }
      const delivery = createDelivery({ ...world.means, outbox }, config)
      await delivery.round()
      await delivery.settled()
      return { calls: world.calls, outcomes, now: world.now() }
    }
    const { calls, now } = await tell(() => secret)
    const [call] = calls as [WebhookCall]
    const event = await unwrapWebhook(call.body, call.headers, secret, { now })
    expect(event.data).toEqual({ endpoint: 'e-1', reason: 'failing', tenant: 'acme' })
    const unsigned = await tell()
    expect(unsigned.calls).toEqual([])
    expect(unsigned.outcomes).toMatchObject([{ verdict: 'retry', error: 'SECRET_UNREADABLE' }])
  })
})
