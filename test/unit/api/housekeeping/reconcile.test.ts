import { describe, expect, it } from 'vitest'
import { type ReconcileConfig, reconcile } from '../../../../api/housekeeping/reconcile.ts'
import { createMemoryJobQueue } from '../../../fakes/job-queue.ts'
import { createMemoryJobStore } from '../../../fakes/job-store.ts'
import { aNewJob } from '../../../fixtures/jobs.ts'
import { silence } from '../../../fixtures/silence.ts'

const CONFIG: ReconcileConfig = {
  pools: [{ name: 'gpu', tasks: ['liveness', 'face-match'] }],
  unconfirmedMs: 8_000,
  staleMs: 30_000,
  overdueMs: 5_000,
  limit: 100,
}

const start = (overrides: Partial<ReconcileConfig> = {}) => {
  const time = { now: 1_000_000 }
  const jobs = createMemoryJobStore(() => time.now)
  const queue = createMemoryJobQueue(['gpu'])
  const round = () => reconcile({ jobs, queue, ...silence() }, { ...CONFIG, ...overrides })
  const waiting = () => queue.waiting('gpu', 'interactive').map(({ message }) => message.id)
  return { time, jobs, queue, round, waiting }
}

describe('reconcile', () => {
  it('publishes a job whose publish was never confirmed, once', async () => {
    const { time, jobs, round, waiting } = start()
    const { job } = await jobs.insert(aNewJob())
    await round()
    expect(waiting()).toEqual([])
    time.now += 9_000
    await round()
    expect(waiting()).toEqual([job.id])
    await round()
    expect(waiting()).toEqual([job.id])
  })

  it('publishes everything that was never confirmed in one round, however much an outage left', async () => {
    const { time, jobs, round, waiting } = start({ limit: 2 })
    const inserted = await Promise.all(Array.from({ length: 5 }, () => jobs.insert(aNewJob())))
    time.now += 9_000
    await round()
    expect(waiting().toSorted()).toEqual(inserted.map(({ job }) => job.id).toSorted())
  })

  it('stops in the middle when the broker goes away again', async () => {
    const { time, jobs, queue, round, waiting } = start({ limit: 1 })
    for (const newJob of [aNewJob(), aNewJob(), aNewJob()]) await jobs.insert(newJob)
    time.now += 9_000
    const { publish } = queue
    queue.publish = async (one) => {
      await publish(one)
      queue.setTrouble('disconnected')
    }
    await round().catch(() => {})
    expect(waiting()).toHaveLength(1)
  })

  it('leaves a job alone whose message waits in a long queue', async () => {
    const { time, jobs, queue, round, waiting } = start()
    const { job } = await jobs.insert(aNewJob())
    await jobs.markPublished([job.id])
    const { job: other } = await jobs.insert(aNewJob())
    await queue.publish({
      pool: 'gpu',
      message: {
        v: 1,
        id: other.id,
        task: other.task,
        tenant: other.tenant,
        lane: 'interactive',
        deadline: 0,
        attempt: 0,
      },
    })
    await jobs.markPublished([other.id])
    time.now += 31_000
    await round()
    expect(waiting()).toEqual([other.id])
  })

  it('publishes confirmed jobs again when their lane is empty: the broker has lost its disk', async () => {
    const { time, jobs, round, waiting } = start()
    const { job } = await jobs.insert(aNewJob())
    await jobs.markPublished([job.id])
    time.now += 31_000
    await round()
    expect(waiting()).toEqual([job.id])
  })

  it('ends a job that nobody will end', async () => {
    const { time, jobs, round, waiting } = start()
    const { job } = await jobs.insert(aNewJob({ deadlineMs: 1_000 }))
    time.now += 7_000
    await round()
    expect((await jobs.find(job.tenant, job.id))?.state).toBe('expired')
    expect(waiting()).toEqual([])
  })

  it('goes on with the others when one cannot be published', async () => {
    const { time, jobs, round, waiting } = start()
    await jobs.insert(aNewJob({ task: 'ocr' }))
    const { job } = await jobs.insert(aNewJob())
    time.now += 9_000
    await round()
    expect(waiting()).toEqual([job.id])
  })
})
