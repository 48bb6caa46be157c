import { v7 as uuidv7 } from 'uuid'
import { expect, it } from 'vitest'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import { outcome } from '../../../../infra/domain/outcomes.ts'
import { systemClock } from '../../../../infra/runtime/clock.ts'
import { createMemoryFleetJobs } from '../../../fakes/fleet-jobs.ts'
import { createMemoryJobStore } from '../../../fakes/job-store.ts'
import { startAutoscalerApp } from '../../../fixtures/autoscaler-app.ts'
import { aClaim, aNewJob, anOutcome, claimed } from '../../../fixtures/jobs.ts'

const start = async () => {
  const jobs = createMemoryJobStore()
  const later = { ms: 0 }
  const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + later.ms }
  const started = await startAutoscalerApp({ fleetJobs: createMemoryFleetJobs(jobs), clock })
  const look = (id: string, headers?: { readonly authorization: string }) =>
    started.ask('GET', `/v1/fleet/jobs/${id}`, undefined, headers)
  return { ...started, jobs, look, later }
}

it('shows how a job of any tenant fared, and nothing of what it was about', async () => {
  const { jobs, look } = await start()
  const secret = 'a-secret'
  const input = {
    pictures: [{ name: 'image', key: `pictures/${secret}`, sha256: null, bytes: 3 }],
    options: { hint: secret },
  }
  const { job } = await jobs.insert(aNewJob({ tenant: 'acme', input, webhookUrl: `https://${secret}.example` }))
  const run = claimed(await jobs.claim(aClaim(job.id)))
  await jobs.finish(anOutcome(run, { result: { name: secret } }))
  const { status, body } = await look(job.id)
  expect(status).toBe(200)
  expect(body).toMatchObject({ tenant: 'acme', task: 'liveness', status: 'succeeded', over: true, attempts: 1 })
  expect(body).toMatchObject({ erased: false, error: null, models: [{ name: 'm' }] })
  expect(body.hops.map(({ hop }: { hop: string }) => hop)).toEqual(expect.arrayContaining(['store', 'queue', 'infer']))
  expect(JSON.stringify(body)).not.toContain(secret)
})

it('tells the code of what went wrong without its message', async () => {
  const { jobs, look } = await start()
  const { job } = await jobs.insert(aNewJob())
  const run = claimed(await jobs.claim(aClaim(job.id)))
  const error = { ...outcome('NO_FACE'), message: 'somebody by name' }
  await jobs.finish(anOutcome(run, { state: 'failed', result: null, error }))
  const { body } = await look(job.id)
  expect(body.error).toEqual({ code: 'NO_FACE', fault: 'caller' })
})

it('writes on the trail of the tenant who looked, before it tells', async () => {
  const { jobs, look, deps } = await start()
  const { job } = await jobs.insert(aNewJob({ tenant: 'acme' }))
  await look(job.id)
  expect(deps.audit.events).toMatchObject([
    { action: 'sensitive_read', tenant: 'acme', target: job.id, channel: 'api', details: { task: 'liveness' } },
  ])
})

it('writes once of a page that asks again and again, and again of another key, another job and after a while', async () => {
  const { jobs, look, deps, keyOf, later } = await start()
  const [one, other] = [await jobs.insert(aNewJob()), await jobs.insert(aNewJob())]
  const count = () => deps.audit.events.length
  for (let asked = 0; asked < 5; asked += 1) await look(one.job.id)
  expect(count()).toBe(1)
  await look(one.job.id, await keyOf({ role: 'viewer' }))
  await look(other.job.id)
  expect(count()).toBe(3)
  later.ms = 600_000
  await look(one.job.id)
  expect(count()).toBe(4)
})

it('tells nothing when it cannot be written, and tries to write it again', async () => {
  const jobs = createMemoryJobStore()
  const { job } = await jobs.insert(aNewJob())
  let tried = 0
  const record = async () => {
    tried += 1
    throw new UnavailableError('postgres', new Error('away'))
  }
  const { ask } = await startAutoscalerApp({ fleetJobs: createMemoryFleetJobs(jobs), audit: { record } })
  for (let asked = 0; asked < 2; asked += 1) expect((await ask('GET', `/v1/fleet/jobs/${job.id}`)).status).toBe(503)
  expect(tried).toBe(2)
})

it('knows no job that is not there, and no text that is no id', async () => {
  const { look, deps } = await start()
  for (const id of [uuidv7(), '1', '%27%20or%201=1', 'x'.repeat(200)]) {
    const { status, body } = await look(id)
    expect([id, status, body.code]).toEqual([id, 404, 'JOB_NOT_FOUND'])
  }
  expect(deps.audit.events).toEqual([])
})

it('hides what a key that is limited to other tasks may not see', async () => {
  const { jobs, look, keyOf } = await start()
  const { job } = await jobs.insert(aNewJob({ task: 'liveness' }))
  expect((await look(job.id, await keyOf({ role: 'viewer', scopes: ['ocr'] }))).status).toBe(404)
  expect((await look(job.id, await keyOf({ role: 'viewer', scopes: ['liveness'] }))).status).toBe(200)
})
