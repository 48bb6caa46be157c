import { describe, expect, it } from 'vitest'
import { unwrapWebhook } from '../../../../api/client/client.ts'
import { PERSON } from '../../../fixtures/forms.ts'
import { HOOK_URL, NOBODY, refusal, startWebhooks } from '../../../fixtures/webhook-api.ts'

describe('deliveries', () => {
  it('are tried out with an event of their own', async () => {
    const { ask, create, deliver } = await startWebhooks()
    const { id, secret } = await create()
    const tried = await ask('POST', `/${id}/test`)
    expect(tried.statusCode).toBe(202)
    const [call] = await deliver()
    expect(call).toMatchObject({ url: HOOK_URL, headers: { 'webhook-id': tried.json().deliveryId } })
    expect(await unwrapWebhook(call?.body ?? '', call?.headers ?? {}, secret)).toMatchObject({ data: { endpoint: id } })
  })

  it('are listed newest first, page by page, without what the receiver said', async () => {
    const { ask, create, deliver, foreign } = await startWebhooks()
    const { id } = await create()
    const ids: string[] = []
    for (let count = 0; count < 3; count += 1) ids.push((await ask('POST', `/${id}/test`)).json().deliveryId)
    await deliver(500)
    const first = await ask('GET', `/${id}/deliveries?limit=2`)
    expect(first.body).not.toContain('what the receiver says')
    expect(first.json().deliveries).toMatchObject([
      { id: ids[2], webhookId: id, state: 'pending', attempts: 1, lastStatus: 500, lastError: 'STATUS_REFUSED' },
      { id: ids[1] },
    ])
    const second = await ask('GET', `/${id}/deliveries?limit=2&before=${first.json().next}`)
    expect(second.json()).toMatchObject({ deliveries: [{ id: ids[0] }], next: null })
    expect((await ask('GET', '/deliveries')).json().deliveries).toHaveLength(3)
    expect((await ask('GET', '/deliveries', undefined, foreign)).json()).toEqual({ deliveries: [], next: null })
    for (const query of ['limit=0', 'limit=x', 'before=%27', 'jobId=1'])
      expect(refusal(await ask('GET', `/deliveries?${query}`))).toEqual([400, 'INVALID_REQUEST'])
  })

  it('are shown with what became of each call, without what the receiver said', async () => {
    const { ask, create, deliver, foreign } = await startWebhooks()
    const { id } = await create()
    const { deliveryId } = (await ask('POST', `/${id}/test`)).json()
    expect((await ask('GET', `/deliveries/${deliveryId}`)).json()).toMatchObject({ state: 'pending', calls: [] })
    await deliver(500)
    const shown = await ask('GET', `/deliveries/${deliveryId}`)
    expect(shown.body).not.toContain('what the receiver says')
    const call = { attempt: 1, status: 500, error: 'STATUS_REFUSED' }
    expect(shown.json()).toMatchObject({ id: deliveryId, webhookId: id, attempts: 1, calls: [call] })
    expect(Date.parse(shown.json().calls[0].at)).toBeGreaterThan(0)
    for (const which of [`msg_${NOBODY}`, 'nonsense'])
      expect(refusal(await ask('GET', `/deliveries/${which}`))).toEqual([404, 'DELIVERY_NOT_FOUND'])
    const refused = await ask('GET', `/deliveries/${deliveryId}`, undefined, foreign)
    expect(refusal(refused)).toEqual([404, 'DELIVERY_NOT_FOUND'])
  })

  it('are sent again one by one, under the same id', async () => {
    const { ask, create, deliver, foreign } = await startWebhooks()
    const { id } = await create()
    const { deliveryId } = (await ask('POST', `/${id}/test`)).json()
    await deliver()
    expect(await deliver()).toEqual([])
    const refused = await ask('POST', `/deliveries/${deliveryId}/replay`, undefined, foreign)
    expect(refusal(refused)).toEqual([404, 'DELIVERY_NOT_FOUND'])
    expect((await ask('POST', `/deliveries/${deliveryId}/replay`)).json()).toEqual({ replayed: 1 })
    expect((await deliver())[0]?.headers['webhook-id']).toBe(deliveryId)
    for (const which of [`msg_${NOBODY}`, 'nonsense'])
      expect(refusal(await ask('POST', `/deliveries/${which}/replay`))).toEqual([404, 'DELIVERY_NOT_FOUND'])
  })

  it('are sent again for a time, as far as they have not arrived', async () => {
    const { ask, create, deliver } = await startWebhooks()
    const { id } = await create()
    await ask('POST', `/${id}/test`)
    await deliver()
    await ask('POST', `/${id}/test`)
    await deliver(500)
    const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
    expect((await ask('POST', `/${id}/replay`, { since: day(-2), until: day(-1) })).json()).toEqual({ replayed: 0 })
    expect((await ask('POST', `/${id}/replay`, { since: day(-1) })).json()).toEqual({ replayed: 1 })
    expect(await deliver()).toHaveLength(1)
    for (const payload of [{}, { since: 'yesterday' }, { since: day(-1), all: true }])
      expect(refusal(await ask('POST', `/${id}/replay`, payload))).toEqual([400, 'INVALID_REQUEST'])
  })
})

describe('the address of a single request', () => {
  const image = { base64: PERSON.toString('base64') }

  it('is refused before anything is stored when it will not be called', async () => {
    const { app, auth, deps } = await startWebhooks()
    for (const [webhookUrl, reason] of [
      ['https://10.0.0.1/', 'ADDRESS_REFUSED'],
      ['http://hooks.example/', 'SCHEME_REFUSED'],
    ]) {
      const payload = { image, webhookUrl }
      const answer = await app.inject({ method: 'POST', url: '/v1/liveness', headers: auth, payload })
      expect(refusal(answer)).toEqual([422, 'WEBHOOK_URL_REFUSED'])
      expect(answer.json().errors).toEqual([{ pointer: '/webhookUrl', detail: reason }])
    }
    expect(deps.jobs.all()).toEqual([])
  })

  it('is taken when it can be called', async () => {
    const { app, auth } = await startWebhooks()
    const headers = { ...auth, prefer: 'respond-async' }
    const payload = { image, webhookUrl: 'https://hooks.example/once' }
    expect((await app.inject({ method: 'POST', url: '/v1/liveness', headers, payload })).statusCode).toBe(202)
  })
})
