import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { describe, expect, it, vi } from 'vitest'
import { createCheckAnswers } from '../../../../api/routes/check-answers.ts'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import type { Job } from '../../../../infra/domain/job.ts'
import { outcome } from '../../../../infra/domain/outcomes.ts'
import { addKey } from '../../../fakes/key-store.ts'
import { BASE64, startChecks } from '../../../fixtures/checks.ts'
import { eventually } from '../../../fixtures/eventually.ts'
import { PERSON } from '../../../fixtures/forms.ts'

const payload = { image: { base64: BASE64 } }
const ASYNC = { prefer: 'respond-async' }

const start = async () => {
  const api = await startChecks()
  const check = vi.spyOn(api.deps.metrics, 'check')
  return { ...api, check, answers: () => check.mock.calls.map(([task, answered]) => [task, answered]) }
}

describe('a job as an answer', () => {
  it.each<[Job['state'], Job['error'], boolean, string]>([
    ['succeeded', null, true, 'succeeded'],
    ['failed', outcome('NO_FACE'), true, 'caller-fault'],
    ['failed', outcome('DEADLINE_EXCEEDED'), true, 'service-fault'],
    ['failed', null, true, 'service-fault'],
    ['expired', null, true, 'expired'],
    ['canceled', null, true, 'canceled'],
    ['queued', null, true, 'waiting'],
    ['running', null, true, 'waiting'],
    ['canceling', null, true, 'waiting'],
    ['queued', null, false, 'accepted'],
    ['succeeded', null, false, 'succeeded'],
  ])('that is %s with %j counts as it was answered, once it has gone out', (state, error, waited, answered) => {
    const check = vi.fn()
    const answers = createCheckAnswers('ocr', { metrics: { check }, clock: { monotonic: () => 1_500 } })
    const one = { muster: { startedAt: 1_000 } } as FastifyRequest
    answers.job(one, { state, error }, waited)
    expect(check).not.toHaveBeenCalled()
    answers.sent(one)
    expect(check.mock.calls).toEqual([['ocr', answered, 500]])
  })

  it('is none where an error took its place', () => {
    const check = vi.fn()
    const answers = createCheckAnswers('ocr', { metrics: { check }, clock: { monotonic: () => 0 } })
    const one = { muster: { startedAt: 0 } } as FastifyRequest
    answers.job(one, { state: 'succeeded', error: null }, true)
    answers.error(one, new Error('the answer could not be written'))
    answers.sent(one)
    expect(check.mock.calls).toEqual([['ocr', 'error', 0]])
  })
})

describe('a request for a check', () => {
  it('is told of with how it was answered', async () => {
    const { post, work, answers, deps } = await start()
    expect((await post('liveness', { headers: ASYNC, payload })).statusCode).toBe(202)
    expect((await post('ocr', { headers: { prefer: 'wait=1' }, payload })).statusCode).toBe(202)
    await work()
    expect((await post('liveness', { payload })).statusCode).toBe(200)
    expect((await post('liveness', { payload: {} })).statusCode).toBe(400)
    vi.spyOn(deps.jobs, 'insert').mockRejectedValueOnce(new UnavailableError('postgres', new Error('away')))
    expect((await post('liveness', { payload })).statusCode).toBe(503)
    vi.spyOn(deps.jobs, 'insert').mockRejectedValueOnce(new Error('a mistake of ours'))
    expect((await post('liveness', { payload })).statusCode).toBe(500)
    expect(answers()).toEqual([
      ['liveness', 'accepted'],
      ['ocr', 'waiting'],
      ['liveness', 'succeeded'],
      ['liveness', 'invalid'],
      ['liveness', 'refused'],
      ['liveness', 'error'],
    ])
  })

  it('is over its quota when its tenant has used up his own', async () => {
    const { post, answers, deps } = await start()
    await deps.tenants.set('acme', { ratePerSecond: 0.001, burstCount: 1 })
    await post('liveness', { headers: ASYNC, payload })
    await post('liveness', { headers: ASYNC, payload })
    expect(answers()).toEqual([
      ['liveness', 'accepted'],
      ['liveness', 'over-quota'],
    ])
  })

  it('takes as long as its caller waited', async () => {
    const { post, check } = await start()
    await post('liveness', { headers: { prefer: 'wait=1' }, payload })
    expect(check.mock.calls[0]?.[2]).toBeGreaterThanOrEqual(990)
  })

  it('is none when the key is refused', async () => {
    const { post, answers, deps } = await start()
    const of = async (scope: string) => ({
      authorization: `Bearer ${await addKey(deps.keys, { tenant: 'acme', scopes: [scope as 'ocr'] })}`,
    })
    expect((await post('liveness', { headers: { authorization: '' }, payload })).statusCode).toBe(401)
    expect((await post('liveness', { headers: { authorization: 'Bearer no' }, payload })).statusCode).toBe(401)
    expect((await post('liveness', { headers: await of('ocr'), payload })).statusCode).toBe(403)
    expect(answers()).toEqual([])
  })

  it('is refused when nobody can tell whose key it is', async () => {
    const { post, answers, deps } = await start()
    vi.spyOn(deps.keys, 'find').mockRejectedValue(new UnavailableError('postgres', new Error('away')))
    expect((await post('liveness', { payload })).statusCode).toBe(503)
    expect(answers()).toEqual([['liveness', 'refused']])
  })

  it('has no answer when its caller goes away', async () => {
    const { app, deps, auth, answers } = await start()
    await app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = app.server.address() as AddressInfo
    const body = JSON.stringify({ image: { base64: PERSON.toString('base64') } })
    const headers = { ...auth, 'content-type': 'application/json', prefer: 'wait=60' }
    const caller = request({ port, path: '/v1/liveness', method: 'POST', headers, agent: false })
    caller.on('error', () => {})
    caller.end(body)
    await eventually(() => expect(deps.completions.waiterCount()).toBe(1))
    caller.destroy()
    await eventually(() => expect(deps.completions.waiterCount()).toBe(0))
    await app.close()
    expect(answers()).toEqual([])
  })
})
