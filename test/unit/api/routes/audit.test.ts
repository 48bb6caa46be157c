import { describe, expect, it } from 'vitest'
import { subjectHash } from '../../../../api/fingerprint.ts'
import { addKey } from '../../../fakes/key-store.ts'
import { LIVE, startApi } from '../../../fixtures/api.ts'
import { aNewJob } from '../../../fixtures/jobs.ts'

const start = async () => {
  const api = await startApi()
  const bearer = async (tenant: string, role: 'admin' | 'operator' | 'viewer') => ({
    authorization: `Bearer ${await addKey(api.deps.keys, { tenant, role })}`,
  })
  const admin = await bearer('acme', 'admin')
  const { job } = await api.deps.jobs.insert(aNewJob({ tenant: 'acme' }))
  const finish = async () => {
    await api.deps.jobs.claim({ id: job.id, workerId: 'w', leaseMs: 60_000, takeOver: false })
    const outcome = { result: LIVE, error: null, models: [], timings: {} }
    await api.deps.jobs.finish({ id: job.id, attempt: 1, state: 'succeeded', ...outcome })
  }
  const read = async (query = '', headers = admin) =>
    (await api.app.inject({ url: `/v1/audit${query}`, headers })).json()
  return { ...api, admin, bearer, job, finish, read }
}

describe('the trail of a tenant', () => {
  it('has each result that was read, and by whom', async () => {
    const { app, auth, job, finish, read, deps } = await start()
    const url = `/v1/jobs/${job.id}`
    await app.inject({ url, headers: auth })
    expect(deps.audit.events).toEqual([])
    await finish()
    await app.inject({ url, headers: { ...auth, 'x-request-id': 'mine' } })
    const { entries, next } = await read()
    expect(entries).toMatchObject([{ action: 'sensitive_read', target: job.id, channel: 'api', requestId: 'mine' }])
    expect(auth.authorization).toContain(entries[0].actor)
    expect(next).toBeNull()
  })

  it('does not tell a result that cannot be noted', async () => {
    const { deps } = await start()
    const api = await startApi(() => ({
      jobs: deps.jobs,
      audit: { ...deps.audit, record: () => Promise.reject(new Error('away')) },
    }))
    const { job } = await deps.jobs.insert(aNewJob({ tenant: 'acme' }))
    await deps.jobs.claim({ id: job.id, workerId: 'w', leaseMs: 60_000, takeOver: false })
    const outcome = { result: LIVE, error: null, models: [], timings: {} }
    await deps.jobs.finish({ id: job.id, attempt: 1, state: 'succeeded', ...outcome })
    const answer = await api.app.inject({ url: `/v1/jobs/${job.id}`, headers: api.auth })
    expect(answer.statusCode).toBe(500)
    expect(answer.body).not.toContain('assurance')
  })

  it('has erasures, with the reference to a person as a hash', async () => {
    const { app, admin, job, deps } = await start()
    await app.inject({ method: 'DELETE', url: `/v1/jobs/${job.id}`, headers: admin })
    await app.inject({ method: 'DELETE', url: '/v1/subjects/jane.doe', headers: admin })
    expect(deps.audit.events).toMatchObject([
      { action: 'sensitive_delete', target: job.id, tenant: 'acme' },
      { action: 'sensitive_delete', target: `subject:${subjectHash('acme', 'jane.doe')}` },
    ])
    expect(JSON.stringify(deps.audit.events)).not.toContain('jane')
  })

  it('has calls that were refused, of keys and of guesses, when the process ends at the latest', async () => {
    const { app, bearer, deps } = await start()
    const viewer = await bearer('acme', 'viewer')
    for (let count = 0; count < 3; count += 1) await app.inject({ url: '/v1/keys', headers: viewer })
    await app.inject({ url: '/v1/keys', headers: { authorization: 'Bearer guess' } })
    await app.inject({ url: '/v1/keys' })
    await app.close()
    expect(deps.audit.events).toMatchObject([
      { action: 'authz_fail', tenant: 'acme', target: 'GET /v1/keys', details: { count: 3, role: 'viewer' } },
      { action: 'authn_fail', tenant: null, details: { count: 1 } },
    ])
    expect(deps.audit.events).toHaveLength(2)
    expect(JSON.stringify(deps.audit.events)).not.toContain('127.0.0.1')
  })

  it('is read page by page, by action and by time', async () => {
    const { deps, read } = await start()
    for (const action of ['a', 'b', 'a', 'b', 'a'])
      await deps.audit.record({ actor: 'k', channel: 'cli', action, tenant: 'acme', target: 't' })
    const first = await read('?limit=2&action=a')
    const second = await read(`?limit=2&action=a&before=${first.next}`)
    expect([first, second].map(({ entries }) => entries.map(({ seq }: { seq: number }) => seq))).toEqual([[5, 3], [1]])
    expect(second.next).toBeNull()
    expect((await read('?since=2999-01-01T00:00:00Z')).entries).toEqual([])
    expect((await read('?limit=0')).code).toBe('INVALID_REQUEST')
  })

  it('is for the admin of that tenant alone', async () => {
    const { deps, read, bearer } = await start()
    await deps.audit.record({ actor: 'k', channel: 'cli', action: 'a', tenant: 'acme', target: 't' })
    await deps.audit.record({ actor: 'k', channel: 'cli', action: 'a', tenant: null, target: 't' })
    expect((await read()).entries).toHaveLength(1)
    expect((await read('', await bearer('other', 'admin'))).entries).toEqual([])
    expect((await read('', await bearer('acme', 'operator'))).code).toBe('FORBIDDEN')
  })
})
