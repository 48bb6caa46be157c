import { v7 as uuidv7 } from 'uuid'
import { expect, it } from 'vitest'
import { outcome } from '../../../../infra/domain/outcomes.ts'
import { createMemoryFleetJobs } from '../../../fakes/fleet-jobs.ts'
import { createMemoryJobStore } from '../../../fakes/job-store.ts'
import { startAutoscalerApp } from '../../../fixtures/autoscaler-app.ts'
import { aClaim, aNewJob, anOutcome, claimed } from '../../../fixtures/jobs.ts'

const start = async () => {
  const jobs = createMemoryJobStore()
  const started = await startAutoscalerApp({ fleetJobs: createMemoryFleetJobs(jobs) })
  const look = (id: string, headers?: { readonly authorization: string }) =>
    started.ask('GET', `/v1/fleet/jobs/${id}`, undefined, headers)
  return { ...started, jobs, look }
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
