import { describe, expect, it, vi } from 'vitest'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import { BASE64, startChecks } from '../../../fixtures/checks.ts'

const payload = { image: { base64: BASE64 } }
const ASYNC = { prefer: 'respond-async' }

describe('demand', () => {
  const start = async () => {
    const api = await startChecks()
    const counted = () =>
      api.deps.demand.untold().map(({ pool, offeredCount, refusedCount }) => [pool, offeredCount, refusedCount])
    return { ...api, counted }
  }

  it('is what was taken, by pool', async () => {
    const { post: send, counted } = await start()
    for (const task of ['liveness', 'ocr', 'liveness'])
      expect((await send(task, { headers: ASYNC, payload })).statusCode).toBe(202)
    expect(counted()).toEqual([
      ['liveness', 2, 0],
      ['ocr', 1, 0],
    ])
  })

  it('is counted once, whoever joins it', async () => {
    const { post: send, counted } = await start()
    const request = { headers: { ...ASYNC, 'idempotency-key': 'once' }, payload }
    await send('liveness', request)
    await send('liveness', request)
    expect(counted()).toEqual([['liveness', 1, 0]])
  })

  it('is what was refused because there is too much', async () => {
    const { post: send, counted, deps } = await start()
    await deps.tenants.set('acme', { ratePerSecond: 0.001, burstCount: 1 })
    const answers = [
      await send('liveness', { headers: ASYNC, payload }),
      await send('liveness', { headers: ASYNC, payload }),
    ]
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([202, 429])
    expect(counted()).toEqual([['liveness', 2, 1]])
  })

  it('is what was refused because a server is away', async () => {
    const { post: send, counted, deps } = await start()
    vi.spyOn(deps.jobs, 'insert').mockRejectedValue(new UnavailableError('postgres', new Error('away')))
    expect((await send('liveness', { headers: ASYNC, payload })).statusCode).toBe(503)
    expect(counted()).toEqual([['liveness', 1, 1]])
  })

  it.each([
    ['comes without a key', { headers: { ...ASYNC, authorization: '' }, payload }, 401],
    ['does not fit the call', { headers: ASYNC, payload: { image: 'no' } }, 400],
    ['brings no picture', { headers: ASYNC, payload: {} }, 400],
  ])('is not counted for what %s', async (_what, request, status) => {
    const { post: send, counted } = await start()
    expect((await send('liveness', request)).statusCode).toBe(status)
    expect(counted()).toEqual([])
  })
})
