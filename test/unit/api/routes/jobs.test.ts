import { describe, expect, it, vi } from 'vitest'
import type { Job } from '../../../../infra/domain/job.ts'
import { type Api, LIVE, startApi } from '../../../fixtures/api.ts'
import { eventually } from '../../../fixtures/eventually.ts'
import { aClaim, aNewJob } from '../../../fixtures/jobs.ts'

const start = async () => {
  const api = await startApi()
  const { job } = await api.deps.jobs.insert(aNewJob({ tenant: 'acme' }))
  const call = (method: 'GET' | 'POST' | 'DELETE', path = '', headers: Record<string, string> = {}) =>
    api.app.inject({ method, url: `/v1/jobs/${job.id}${path}`, headers: { ...api.auth, ...headers } })
  return { ...api, job, call }
}

const finish = async ({ deps }: Api, { id }: Job): Promise<void> => {
  await deps.jobs.claim({ id, workerId: 'w', leaseMs: 60_000, takeOver: false })
  const outcome = { result: LIVE, error: null, models: [], timings: { inferMs: 1.23456 } }
  await deps.jobs.finish({ id, attempt: 1, state: 'succeeded', ...outcome })
}

describe('looking at a job', () => {
  it('answers it as it is, with when to look again while it is open', async () => {
    const { call, job, ...api } = await start()
    const open = await call('GET')
    expect([open.statusCode, open.json().status, open.headers['retry-after']]).toEqual([200, 'queued', '1'])
    await finish(api, job)
    const over = await call('GET')
    expect(over.json()).toMatchObject({ status: 'succeeded', result: LIVE, timings: { inferMs: 1.235 } })
    expect(over.headers).not.toHaveProperty('retry-after')
    expect(over.body).not.toContain('pictures/')
    expect(over.body).not.toContain('acme')
  })

  it('holds the answer until the job is over', async () => {
    const { call, job, ...api } = await start()
    const answer = call('GET', '', { prefer: 'wait=30' })
    await eventually(() => expect(api.deps.completions.waiterCount()).toBe(1))
    await finish(api, job)
    api.deps.completions.deliver({ id: job.id, state: 'succeeded' })
    expect((await answer).json()).toMatchObject({ status: 'succeeded' })
    expect((await answer).headers['preference-applied']).toBe('wait=30')
    expect(api.deps.completions.waiterCount()).toBe(0)
  })

  it('answers the open job when that takes too long', async () => {
    const { call } = await start()
    const answer = await call('GET', '', { prefer: 'wait=1' })
    expect([answer.statusCode, answer.json().status]).toEqual([200, 'queued'])
  })

  it.each(['nonsense', '../keys', '01934c2e-7b1a-7c3e-9d42-5f0a1b2c3d4', "'; drop table job; --", 'x'.repeat(300)])(
    'does not find %s, and asks no store for it',
    async (id) => {
      const { app, auth, deps } = await start()
      const find = vi.spyOn(deps.jobs, 'find')
      const answer = await app.inject({ url: `/v1/jobs/${encodeURIComponent(id)}`, headers: auth })
      expect(answer.json()).toMatchObject({ status: 404 })
      expect(answer.body).not.toContain(id)
      expect(find).not.toHaveBeenCalled()
    },
  )
})

describe('canceling a job', () => {
  it('ends it and wakes whoever waits for it', async () => {
    const { call, deps } = await start()
    const waiting = call('GET', '', { prefer: 'wait=30' })
    await eventually(() => expect(deps.completions.waiterCount()).toBe(1))
    const answer = await call('POST', '/cancel')
    expect([answer.statusCode, answer.json().status]).toEqual([200, 'canceled'])
    expect((await waiting).json().status).toBe('canceled')
  })

  it('says the same when it is repeated', async () => {
    const { call } = await start()
    const [first, again] = [await call('POST', '/cancel'), await call('POST', '/cancel')]
    expect([again.statusCode, again.body]).toEqual([200, first.body])
  })

  it('answers 202 while a worker still has it, and 200 once it is over', async () => {
    const { call, deps, job } = await start()
    await deps.jobs.claim(aClaim(job.id))
    const under = await call('POST', '/cancel')
    expect([under.statusCode, under.json().status, under.json().finishedAt]).toEqual([202, 'canceling', null])
    expect(under.headers).toMatchObject({ location: `/v1/jobs/${job.id}`, 'retry-after': '1' })
    expect((await call('GET')).json()).toMatchObject({ status: 'canceling' })
    await deps.jobs.release({ id: job.id, attempt: 1 }, false)
    const over = await call('POST', '/cancel')
    expect([over.statusCode, over.json().status]).toEqual([200, 'canceled'])
    expect(over.json().timings.cancelMs).toBeGreaterThanOrEqual(0)
  })

  it('waits for the worker to let go of it where that is preferred', async () => {
    const { call, deps, job } = await start()
    await deps.jobs.claim(aClaim(job.id))
    const answer = call('POST', '/cancel', { prefer: 'wait=30' })
    await eventually(() => expect(deps.jobs.all()[0]?.state).toBe('canceling'))
    await deps.jobs.release({ id: job.id, attempt: 1 }, false)
    expect([(await answer).statusCode, (await answer).json().status]).toEqual([200, 'canceled'])
    expect((await answer).headers['preference-applied']).toBe('wait=30')
    expect(deps.completions.waiterCount()).toBe(0)
  })

  it('is not another tenant’s to do', async () => {
    const { app, foreign, deps, job } = await start()
    const answer = await app.inject({ method: 'POST', url: `/v1/jobs/${job.id}/cancel`, headers: foreign })
    expect(answer.json()).toMatchObject({ status: 404, code: 'JOB_NOT_FOUND' })
    expect(deps.jobs.all()[0]?.state).toBe('queued')
  })

  it('does not undo a job that is over', async () => {
    const { call, job, ...api } = await start()
    await finish(api, job)
    const answer = await call('POST', '/cancel')
    expect(answer.json()).toMatchObject({ status: 409, code: 'JOB_FINISHED' })
  })
})

describe('erasing a job', () => {
  it('answers 204, also when it is repeated, and the job is gone from then on', async () => {
    const { call, job, ...api } = await start()
    await finish(api, job)
    for (let round = 0; round < 2; round += 1) expect((await call('DELETE')).statusCode).toBe(204)
    expect((await call('GET')).json()).toMatchObject({ status: 410, code: 'JOB_ERASED' })
    expect((await call('POST', '/cancel')).json()).toMatchObject({ status: 409 })
  })

  it('ends an open job', async () => {
    const { call, deps, job } = await start()
    await call('DELETE')
    expect(await deps.jobs.find('acme', job.id)).toMatchObject({ state: 'canceled' })
  })
})
