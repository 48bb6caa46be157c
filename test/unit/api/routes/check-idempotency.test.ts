import { describe, expect, it, vi } from 'vitest'
import { IdempotencyBusyError } from '../../../../infra/domain/errors.ts'
import { BASE64, startChecks } from '../../../fixtures/checks.ts'
import { eventually } from '../../../fixtures/eventually.ts'
import { form, PERSON } from '../../../fixtures/forms.ts'

describe('an idempotency key', () => {
  const once = { 'idempotency-key': 'once' }

  it('replays the finished job, also when it comes as a form the second time', async () => {
    const { post: send, work, deps } = await startChecks()
    await work()
    const first = await send('liveness', { headers: once, payload: { image: { base64: BASE64 } } })
    const parts = form({ name: 'image', bytes: PERSON })
    const again = await send('liveness', { ...parts, headers: { ...parts.headers, ...once } })
    expect(again.statusCode).toBe(200)
    expect(again.json().id).toBe(first.json().id)
    expect(again.json().timings).not.toHaveProperty('replyMs')
    expect([first, again].map(({ headers }) => headers['idempotent-replayed'])).toEqual([undefined, 'true'])
    expect([deps.jobs.all().length, deps.blobs.keys().length]).toEqual([1, 1])
  })

  it('joins work in flight: both callers get the one outcome', async () => {
    const { post: send, work, deps } = await startChecks()
    const request = { headers: once, payload: { image: { base64: BASE64 } } }
    const both = Promise.all([send('liveness', request), send('liveness', request)])
    await eventually(() => expect(deps.completions.waiterCount()).toBe(2))
    await work()
    const [one, two] = await both
    expect([one.statusCode, two.statusCode, one.json().id]).toEqual([200, 200, two.json().id])
    expect(two.headers).not.toHaveProperty('idempotent-replayed')
    expect(deps.jobs.all()).toHaveLength(1)
  })

  it('brings nothing back of a job that was erased since', async () => {
    const { app, auth, post: send, work, deps } = await startChecks()
    await work()
    const request = { headers: once, payload: { image: { base64: BASE64 } } }
    const { id } = (await send('liveness', request)).json() as { id: string }
    await app.inject({ method: 'DELETE', url: `/v1/jobs/${id}`, headers: auth })
    expect((await send('liveness', request)).json()).toMatchObject({ status: 410, code: 'JOB_ERASED' })
    expect([deps.blobs.keys(), deps.completions.waiterCount()]).toEqual([[], 0])
  })

  it('is refused with another request', async () => {
    const { post: send } = await startChecks()
    const headers = { ...once, prefer: 'respond-async' }
    await send('liveness', { headers, payload: { image: { base64: BASE64 } } })
    const answer = await send('ocr', { headers, payload: { image: { base64: BASE64 } } })
    expect([answer.statusCode, answer.json().code]).toEqual([422, 'IDEMPOTENCY_MISMATCH'])
  })

  it('is refused for a moment, retryably, while there is no job any more that could be joined', async () => {
    const { post: send, deps } = await startChecks()
    vi.spyOn(deps.jobs, 'insert').mockRejectedValueOnce(new IdempotencyBusyError())
    const request = { headers: { ...once, prefer: 'respond-async' }, payload: { image: { base64: BASE64 } } }
    expect((await send('liveness', request)).json()).toMatchObject({
      status: 409,
      code: 'IDEMPOTENCY_BUSY',
      retryable: true,
    })
    expect(deps.blobs.keys()).toEqual([])
    expect((await send('liveness', request)).statusCode).toBe(202)
  })

  it('replays a job that was canceled: the same request has the same outcome', async () => {
    const { app, auth, post: send, deps } = await startChecks()
    const request = { headers: { ...once, prefer: 'respond-async' }, payload: { image: { base64: BASE64 } } }
    const { id } = (await send('liveness', request)).json() as { id: string }
    await app.inject({ method: 'POST', url: `/v1/jobs/${id}/cancel`, headers: auth })
    const again = await send('liveness', request)
    expect([again.statusCode, again.json().id, again.json().status]).toEqual([200, id, 'canceled'])
    expect(again.headers['idempotent-replayed']).toBe('true')
    expect(deps.jobs.all()).toHaveLength(1)
  })

  it.each([
    ['empty', ''],
    ['over 255 characters', 'x'.repeat(256)],
    ['with a space', 'a b'],
    ['beyond ASCII', 'schlüssel'],
  ])('is refused when it is %s', async (_what, key) => {
    const { post: send, deps } = await startChecks()
    const answer = await send('liveness', {
      headers: { 'idempotency-key': key },
      payload: { image: { base64: BASE64 } },
    })
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'IDEMPOTENCY_KEY_INVALID'])
    expect(deps.jobs.all()).toEqual([])
  })
})
