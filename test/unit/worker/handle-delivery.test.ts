import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { InputError } from '../../../infra/domain/errors.ts'
import { outcome } from '../../../infra/domain/outcomes.ts'
import type { JobStore } from '../../../infra/ports/job-store.ts'
import type { Metrics } from '../../../infra/ports/metrics.ts'
import { noResultCache } from '../../../infra/redis/result-cache.ts'
import { systemClock } from '../../../infra/runtime/clock.ts'
import { createHandleDelivery } from '../../../worker/handle-delivery.ts'
import type { RunJob } from '../../../worker/run-job.ts'
import { createMemoryJobQueue } from '../../fakes/job-queue.ts'
import { createMemoryJobStore } from '../../fakes/job-store.ts'
import { aDelivery, messageOf } from '../../fixtures/deliveries.ts'
import { aNewJob } from '../../fixtures/jobs.ts'
import { silence } from '../../fixtures/silence.ts'

const DONE = { models: [], thresholdSet: undefined, timings: { inferMs: 3 } }
const noRun: RunJob = () => Promise.reject(new Error('no job is run here'))

const start = (overrides: Partial<JobStore>, told: Partial<Metrics> = {}, runJob = noRun) => {
  const { log, metrics } = silence()
  const [draining, outOfTime] = [new AbortController(), new AbortController()]
  const handle = createHandleDelivery(
    {
      jobs: { ...createMemoryJobStore(() => 0), ...overrides },
      queue: createMemoryJobQueue(['pool']),
      cache: noResultCache,
      leases: { hold: () => {}, letGo: () => {}, lookAt: () => {}, stop: () => {} },
      runJob,
      clock: systemClock,
      ...{ log, metrics: { ...metrics, ...told } },
    },
    { workerId: 'w1', leaseMs: 60_000, retryDelayMs: 1_000 },
    { toClaim: draining.signal, toFinish: outOfTime.signal },
  )
  return { handle, draining }
}

it('keeps a message for a while that it cannot deal with, and gives it back at once when it drains', async () => {
  const schemaIsOld = () => Promise.reject(Object.assign(new Error('no such column'), { code: '42703' }))
  const { handle, draining } = start({ claim: schemaIsOld })
  const { delivery, settled } = aDelivery()
  const handled = handle(delivery)
  for (let turns = 0; turns < 5; turns += 1) await turn()
  expect(settled).toEqual([])
  draining.abort()
  await handled
  expect(settled).toEqual(['handed back'])
})

it('gives a message back that it cannot deal with, after a pause', async () => {
  const { handle } = start({ claim: () => Promise.reject(new Error('a defect')) })
  const { delivery, settled } = aDelivery()
  await handle(delivery)
  expect(settled).toEqual(['handed back'])
})

it('acks a message whose job is over', async () => {
  const { handle } = start({ claim: async () => ({ kind: 'finished' }) })
  const { delivery, settled } = aDelivery()
  await handle(delivery)
  expect(settled).toEqual(['acked'])
})

it('tries a job again whose attempts were spent before it was reopened', async () => {
  const jobs = createMemoryJobStore(() => 0)
  const { job } = await jobs.insert(aNewJob())
  for (const row of jobs.rows()) Object.assign(row, { job: { ...job, attempt: 3 }, attemptsBefore: 3 })
  const { handle } = start(jobs)
  const { delivery, settled } = aDelivery(messageOf(job))
  await handle(delivery)
  expect(await jobs.find(job.tenant, job.id)).toMatchObject({ state: 'queued', attempt: 4 })
  expect(settled).toEqual(['acked'])
})

it.each([
  ['of a caller who waits', { lane: 'interactive', attempt: 1 }, true],
  ['that may wait', { lane: 'bulk', attempt: 1 }, false],
  ['that was tried before', { lane: 'interactive', attempt: 2 }, false],
] as const)(
  'tells how long a job %s has waited, and whether that is a sign of a slow hop',
  async (_whose, facts, isSign) => {
    const hops: unknown[] = []
    const job = { ...(await createMemoryJobStore(() => 0).insert(aNewJob({ lane: facts.lane }))).job, createdAt: 1_000 }
    const claimed = { ...job, state: 'running', startedAt: 1_400, attempt: facts.attempt } as const
    const { handle } = start(
      { claim: async () => ({ kind: 'claimed', job: claimed, attemptsLeft: 2 }) },
      { hop: (...told) => void hops.push(told) },
    )
    await handle(aDelivery(messageOf(job)).delivery)
    expect(hops).toContainEqual(['queue', job.task, 400, isSign])
  },
)

it.each([
  { redelivered: false, reconnectedAt: undefined, takeOver: false },
  { redelivered: true, reconnectedAt: undefined, takeOver: true },
  { redelivered: true, reconnectedAt: 100_000, takeOver: false },
  { redelivered: true, reconnectedAt: 39_000, takeOver: true },
])('takes a job over only where the broker proves that its worker has gone: %o', async ({ takeOver, ...facts }) => {
  const asked: boolean[] = []
  const { handle } = start({
    async claim(request) {
      asked.push(request.takeOver)
      return { kind: 'finished' }
    },
  })
  await handle(aDelivery(undefined, { ...facts, receivedAt: 100_001 }).delivery)
  expect(asked).toEqual([takeOver])
})

it.each([
  ['has an outcome', async () => ({ outcome: { ...DONE, state: 'succeeded', result: {}, error: null } as const })],
  ['fails', () => Promise.reject(new InputError(outcome('PICTURE_UNREADABLE', 'image')))],
])('tells what its commit, its claim and its work took where a job %s', async (_how, runJob: RunJob) => {
  const jobs = createMemoryJobStore(() => 0)
  const { job } = await jobs.insert(aNewJob())
  const { handle } = start(jobs, {}, runJob)
  await handle(aDelivery({ ...messageOf(job), commitMs: 4.5 }).delivery)
  const ms = expect.any(Number)
  const around = { commitMs: 4.5, claimMs: ms, workMs: ms, writeMs: ms }
  expect((await jobs.find(job.tenant, job.id))?.timings).toMatchObject({ storeMs: 4.5, ...around })
})
