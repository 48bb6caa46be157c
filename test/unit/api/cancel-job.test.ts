import { expect, it } from 'vitest'
import { createAbandonJob, createCancelJob } from '../../../api/cancel-job.ts'
import { createCompletions } from '../../../api/completions.ts'
import { UnavailableError } from '../../../infra/domain/errors.ts'
import type { Metrics } from '../../../infra/ports/metrics.ts'
import { createMemoryJobStore } from '../../fakes/job-store.ts'
import { aClaim, aNewJob } from '../../fixtures/jobs.ts'
import { silence } from '../../fixtures/silence.ts'

const start = async () => {
  const jobs = createMemoryJobStore()
  const completions = createCompletions()
  const [signals, told, counted]: [string[], object[], string[]] = [[], [], []]
  completions.onDelivery((completion) => told.push(completion))
  const count: Metrics['count'] = (name, { reason }) => void counted.push(`${name} ${reason}`)
  const cancelJob = createCancelJob({
    jobs,
    queue: { signal: (id) => signals.push(id) },
    completions,
    metrics: { ...silence().metrics, count },
  })
  const { job } = await jobs.insert(aNewJob())
  return { jobs, job, cancelJob, cancel: () => cancelJob(job.tenant, job.id), signals, told, counted }
}

it('ends a queued job, wakes who waits for it, and bothers no worker', async () => {
  const { job, cancel, signals, told, counted } = await start()
  expect((await cancel()).kind).toBe('canceled')
  expect([told, signals]).toEqual([[{ id: job.id, state: 'canceled' }], []])
  expect(counted).toEqual(['jobs_canceled queued', 'jobs_finished canceled'])
})

it('signals the worker of a running job, each time it is asked, and leaves the end to it', async () => {
  const { jobs, job, cancel, signals, told, counted } = await start()
  await jobs.claim(aClaim(job.id))
  expect([(await cancel()).kind, (await cancel()).kind]).toEqual(['canceling', 'canceling'])
  expect([signals, told, counted]).toEqual([[job.id, job.id], [], []])
})

it('says nothing to anybody about a job that is over or never was', async () => {
  const { job, cancelJob, cancel, signals, told } = await start()
  await cancel()
  expect((await cancel()).kind).toBe('final')
  expect((await cancelJob('somebody-else', job.id)).kind).toBe('missing')
  expect([signals, told.length]).toEqual([[], 1])
})

it('lets a job go on whose caller has gone when the database does not answer', async () => {
  const { job } = await start()
  const abandon = createAbandonJob(() => Promise.reject(new UnavailableError('postgres', undefined)), silence().log)
  await expect(abandon(job)).resolves.toBeUndefined()
})
