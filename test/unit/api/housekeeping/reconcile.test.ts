import { describe, expect, it } from 'vitest'
import { type ReconcileConfig, reconcile } from '../../../../api/housekeeping/reconcile.ts'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import { DEFAULT_TENANT } from '../../../../infra/domain/tenant.ts'
import { createMemoryDispatcher } from '../../../fakes/dispatcher.ts'
import { createMemoryJobQueue } from '../../../fakes/job-queue.ts'
import { createMemoryJobStore } from '../../../fakes/job-store.ts'
import { aClaim, aNewJob } from '../../../fixtures/jobs.ts'
import { aCapacity } from '../../../fixtures/offers.ts'
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
  const dispatcher = createMemoryDispatcher(() => time.now)
  const settingsOf = async () => DEFAULT_TENANT
  const round = () => reconcile({ jobs, queue, dispatcher, settingsOf, ...silence() }, { ...CONFIG, ...overrides })
  const waiting = () => queue.waiting('gpu', 'interactive').map(({ message }) => message.id)
  return { time, jobs, queue, dispatcher, round, waiting }
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

  it('ends what was canceled under a worker that died, also while the broker is away', async () => {
    const { time, jobs, queue, round } = start()
    const { job } = await jobs.insert(aNewJob())
    await jobs.claim(aClaim(job.id, { leaseMs: 30_000 }))
    await jobs.cancel(job.tenant, job.id)
    queue.setTrouble('disconnected')
    await round()
    expect(await jobs.find(job.tenant, job.id)).toMatchObject({ state: 'canceling' })
    time.now += 30_001
    await round()
    expect(await jobs.find(job.tenant, job.id)).toMatchObject({ state: 'canceled', timings: { cancelMs: 30_001 } })
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

  it.each([
    ['a minute', 60_000, 5_000],
    ['an hour', 3_600_000, 20_000],
  ])('lets rows wait that have no turn yet and %s to their deadline', async (_name, deadlineMs, againMs) => {
    const { time, jobs, dispatcher, round, waiting } = start()
    await dispatcher.announce(aCapacity({ pool: 'gpu', slots: 1, ratePerSecond: 0 }))
    for (const newJob of [aNewJob(), aNewJob(), aNewJob()]) await jobs.insert({ ...newJob, deadlineMs })
    time.now += 9_000
    await dispatcher.announce(aCapacity({ pool: 'gpu', slots: 1, ratePerSecond: 0 }))
    await round()
    expect(waiting()).toHaveLength(1)
    time.now += againMs
    expect(await jobs.unpublished(CONFIG.unconfirmedMs, 10)).toEqual([])
    time.now += CONFIG.unconfirmedMs + 1
    expect(await jobs.unpublished(CONFIG.unconfirmedMs, 10)).toHaveLength(2)
  })

  it('publishes a job whose turn came to a process that died with it, within a third of a minute', async () => {
    const { time, jobs, dispatcher, round, waiting } = start()
    await dispatcher.announce(aCapacity({ pool: 'gpu', slots: 1, ratePerSecond: 0 }))
    for (const newJob of [aNewJob(), aNewJob()]) await jobs.insert({ ...newJob, deadlineMs: 60_000 })
    time.now += 9_000
    await dispatcher.announce(aCapacity({ pool: 'gpu', slots: 1, ratePerSecond: 0 }))
    await round()
    const [first] = waiting()
    // Whoever is answered the turn dies before he has published it.
    const [turn] = await dispatcher.ended([{ jobId: String(first), served: true }])
    const diedAt = time.now
    while (waiting().length < 2 && time.now < diedAt + 60_000) {
      time.now += 5_500
      await round()
    }
    expect(waiting()).toEqual([first, turn?.message.id])
    expect(time.now - diedAt).toBeLessThanOrEqual(20_000)
  })

  it('brings every waiting row back into the line when the dispatcher has lost its memory', async () => {
    const { time, jobs, dispatcher, round } = start({ limit: 10 })
    for (let count = 0; count < 50; count += 1) await jobs.insert(aNewJob({ deadlineMs: 3_600_000 }))
    time.now += 9_000
    await round()
    expect(await dispatcher.load('gpu')).toMatchObject({ dispatchedCount: 16, heldCount: 34 })
    dispatcher.flush()
    time.now += 69_000
    await round()
    expect((await dispatcher.load('gpu')).heldCount).toBeGreaterThanOrEqual(18)
  })

  it('publishes without turns while the dispatcher is away', async () => {
    const { time, jobs, dispatcher, round, waiting } = start()
    dispatcher.dispatch = async () => {
      throw new UnavailableError('redis', undefined)
    }
    for (let count = 0; count < 20; count += 1) await jobs.insert(aNewJob())
    time.now += 9_000
    await round()
    expect(waiting()).toHaveLength(20)
  })
})
