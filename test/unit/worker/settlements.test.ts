import { describe, expect, it } from 'vitest'
import type { Finish } from '../../../infra/ports/job-store.ts'
import { noResultCache } from '../../../infra/redis/result-cache.ts'
import { systemClock } from '../../../infra/runtime/clock.ts'
import { createSettlements } from '../../../worker/settlements.ts'
import { createMemoryJobQueue } from '../../fakes/job-queue.ts'
import { createMemoryJobStore } from '../../fakes/job-store.ts'
import { aDelivery, messageOf } from '../../fixtures/deliveries.ts'
import { aNewJob } from '../../fixtures/jobs.ts'
import { silence } from '../../fixtures/silence.ts'

const DONE: Omit<Finish, 'id' | 'attempt'> = { state: 'succeeded', result: {}, error: null, models: [], timings: {} }
const CLAIM = { workerId: 'w1', leaseMs: 60_000, takeOver: false }

const start = async () => {
  const jobs = createMemoryJobStore(() => 0)
  const queue = createMemoryJobQueue(['pool'])
  const settlements = createSettlements(
    { jobs, queue, cache: noResultCache, clock: systemClock, ...silence() },
    new AbortController().signal,
  )
  const { job } = await jobs.insert(aNewJob())
  const message = messageOf(job)
  const waiting = () => queue.waiting('pool', 'interactive').map((publish) => publish.message)
  return { jobs, settlements, job, message, waiting, lease: { id: job.id, attempt: 1 }, ...aDelivery(message) }
}

describe('an outcome', () => {
  it('is written, and then the message is acked', async () => {
    const { jobs, settlements, job, message, lease, delivery, settled, waiting } = await start()
    await jobs.claim({ ...CLAIM, id: job.id })
    await settlements.finish(delivery, message, { ...lease, ...DONE })
    expect(await jobs.find(job.tenant, job.id)).toMatchObject({ state: 'succeeded' })
    expect(settled).toEqual(['acked'])
    expect(waiting()).toEqual([])
  })

  it('that is dropped leaves a message behind: a crash of the database may have undone the claim', async () => {
    const { jobs, settlements, job, message, lease, delivery, settled, waiting } = await start()
    await settlements.finish(delivery, message, { ...lease, ...DONE })
    expect(await jobs.find(job.tenant, job.id)).toMatchObject({ state: 'queued' })
    expect(waiting()).toEqual([message])
    expect(settled).toEqual(['acked'])
  })
})

describe('a retry', () => {
  it('puts the job back and publishes its message before the delivery is acked', async () => {
    const { jobs, settlements, job, message, lease, delivery, settled, waiting } = await start()
    await jobs.claim({ ...CLAIM, id: job.id })
    await settlements.retryJob(delivery, message, lease)
    expect(await jobs.find(job.tenant, job.id)).toMatchObject({ state: 'queued', attempt: 1 })
    expect(waiting()).toEqual([{ ...message, attempt: 1 }])
    expect(settled).toEqual(['acked'])
  })

  it('of a job that is no longer ours leaves a message behind too', async () => {
    const { settlements, message, lease, delivery, settled, waiting } = await start()
    await settlements.retryJob(delivery, message, lease)
    expect(waiting()).toEqual([message])
    expect(settled).toEqual(['acked'])
  })
})

describe('a job that its caller took back', () => {
  const withdrawn = async () => {
    const started = await start()
    await started.jobs.claim({ ...CLAIM, id: started.job.id })
    await started.jobs.cancel(started.job.tenant, started.job.id)
    return started
  }
  type Started = Awaited<ReturnType<typeof withdrawn>>

  it.each<[string, (started: Started) => Promise<void>]>([
    [
      'is let go of',
      ({ settlements, delivery, message, lease }) => settlements.letGo(delivery, message, lease, 'fetch'),
    ],
    [
      'has an outcome',
      ({ settlements, delivery, message, lease }) => settlements.finish(delivery, message, { ...lease, ...DONE }),
    ],
    [
      'fails and would be retried',
      ({ settlements, delivery, message, lease }) => settlements.retryJob(delivery, message, lease),
    ],
    [
      'is in hand at the end of a drain',
      ({ settlements, delivery, message, lease }) => settlements.handBack(delivery, message, lease),
    ],
  ])('ends as canceled, is acked and never queued again when it %s', async (_how, settle) => {
    const started = await withdrawn()
    await settle(started)
    expect(await started.jobs.find(started.job.tenant, started.job.id)).toMatchObject({
      state: 'canceled',
      result: null,
    })
    expect([started.settled, started.waiting()]).toEqual([['acked'], []])
  })

  it('goes round once more when the row does not agree: the next claim decides', async () => {
    const { jobs, settlements, job, message, lease, delivery, settled, waiting } = await start()
    await jobs.claim({ ...CLAIM, id: job.id })
    await settlements.letGo(delivery, message, lease, 'batch-wait')
    expect(await jobs.find(job.tenant, job.id)).toMatchObject({ state: 'queued', attempt: 0 })
    expect([settled, waiting()]).toEqual([['acked'], [message]])
  })
})
