import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { UnavailableError } from '../../../infra/domain/errors.ts'
import { MESSAGE_VERSION } from '../../../infra/domain/message.ts'
import type { JobQueue } from '../../../infra/ports/job-queue.ts'
import type { JobStore, NewJob } from '../../../infra/ports/job-store.ts'
import { createJobStore } from '../../../infra/postgres/job-store.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../infra/postgres/pool.ts'
import { openJobQueue } from '../../../infra/rabbitmq/job-queue.ts'
import { openReplyQueue } from '../../../infra/rabbitmq/reply-queue.ts'
import { setUpBroker } from '../../../infra/rabbitmq/set-up.ts'
import { aNewJob } from '../../fixtures/jobs.ts'
import { type Script, startScriptedWorker } from '../../fixtures/scripted-worker.ts'
import { silence } from '../../fixtures/silence.ts'

const { log, metrics } = silence()
const WAIT = { timeout: 30_000, interval: 20 }
let db: Database
let jobs: JobStore
let queue: JobQueue & { close(): Promise<void> }

beforeAll(async () => {
  const url = process.env.DATABASE_URL as string
  await migrate(url, log)
  db = openPool({ url })
  jobs = createJobStore(db)
  queue = await openJobQueue({ url: process.env.RABBITMQ_URL as string, log, metrics })
})
afterAll(async () => {
  await queue.close()
  await db.end()
})

const startWorker = async (pool: string, script: Script) => {
  const started = await startScriptedWorker({ jobs, queue }, pool, script)
  ends.push(started.end)
  return started
}
const ends: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const end of ends) await end()
})

const aPool = async (): Promise<string> => {
  const pool = `pool-${crypto.randomUUID().slice(0, 8)}`
  await setUpBroker(process.env.RABBITMQ_URL as string, [pool])
  return pool
}

const submit = async (pool: string, overrides: Partial<NewJob> = {}, replyTo?: string) => {
  const { job } = await jobs.insert(aNewJob(overrides))
  const message = {
    v: MESSAGE_VERSION,
    id: job.id,
    task: job.task,
    tenant: job.tenant,
    lane: job.lane,
    deadline: job.deadline,
    attempt: 0,
  }
  await queue.publish({ message, pool, ...(replyTo === undefined ? {} : { replyTo }) })
  return { job, message }
}

const ended = (tenant: string, id: string, state: string) =>
  vi.waitFor(async () => expect((await jobs.find(tenant, id))?.state).toBe(state), WAIT)

describe('a worker on a real broker and database', () => {
  it('ends the job, names the model, and wakes the caller', async () => {
    const pool = await aPool()
    await startWorker(pool, {})
    const woken: string[] = []
    const reply = await openReplyQueue(
      { url: process.env.RABBITMQ_URL as string, log, metrics },
      crypto.randomUUID(),
      ({ id }) => woken.push(id),
    )
    const { job } = await submit(pool, {}, reply.name)
    await ended(job.tenant, job.id, 'succeeded')
    await vi.waitFor(() => expect(woken).toEqual([job.id]), WAIT)
    const seen = await jobs.find(job.tenant, job.id)
    expect(seen).toMatchObject({ result: { live: true }, attempt: 1, models: [{ name: 'scripted' }] })
    expect(Object.keys(seen?.timings ?? {}).sort()).toEqual([
      'batchWaitMs',
      'claimMs',
      'decodeMs',
      'fetchMs',
      'inferMs',
      'storeMs',
      'workMs',
      'writeMs',
    ])
    await reply.close()
  })

  it('serves both lanes', async () => {
    const pool = await aPool()
    await startWorker(pool, {})
    const { job } = await submit(pool, { lane: 'bulk' })
    await ended(job.tenant, job.id, 'succeeded')
  })

  it('gathers what waits into one batch while the model is busy', async () => {
    const pool = await aPool()
    const sizes: number[] = []
    let fetchedCount = 0
    const first = Promise.withResolvers<void>()
    await startWorker(pool, {
      async get() {
        fetchedCount += 1
        return new Uint8Array(3)
      },
      async infer(items) {
        sizes.push(items.length)
        if (sizes.length === 1) await first.promise
      },
    })
    const blocker = await submit(pool)
    await vi.waitFor(() => expect(sizes).toEqual([1]), WAIT)
    const others = await Promise.all(Array.from({ length: 4 }, () => submit(pool)))
    await vi.waitFor(() => expect(fetchedCount).toBe(5), WAIT)
    first.resolve()
    for (const { job } of [blocker, ...others]) await ended(job.tenant, job.id, 'succeeded')
    expect(Math.max(...sizes)).toBeGreaterThan(1)
  })

  it('tries again when the model fails once, and counts the attempt', async () => {
    const pool = await aPool()
    let runs = 0
    await startWorker(pool, {
      async infer() {
        runs += 1
        if (runs === 1) throw new UnavailableError('inference', new Error('thread died'))
      },
    })
    const { job } = await submit(pool)
    await ended(job.tenant, job.id, 'succeeded')
    expect((await jobs.find(job.tenant, job.id))?.attempt).toBe(2)
  })

  it('fails a job, not the queue, when storage stays away longer than the deadline allows', async () => {
    const pool = await aPool()
    await startWorker(pool, { get: () => Promise.reject(new UnavailableError('storage', new Error('down'))) })
    const { job } = await submit(pool, { deadlineMs: 900 })
    await vi.waitFor(
      async () => expect(['failed', 'expired']).toContain((await jobs.find(job.tenant, job.id))?.state),
      WAIT,
    )
  })

  it('drops a message that comes twice, without running the model again', async () => {
    const pool = await aPool()
    let runs = 0
    await startWorker(pool, {
      infer: async () => {
        runs += 1
      },
    })
    const { job, message } = await submit(pool)
    await ended(job.tenant, job.id, 'succeeded')
    await queue.publish({ message, pool })
    const { job: later } = await submit(pool)
    await ended(later.tenant, later.id, 'succeeded')
    expect(runs).toBe(2)
  })

  it('never runs a job whose deadline passed in the queue', async () => {
    const pool = await aPool()
    let runs = 0
    const { job } = await submit(pool, { deadlineMs: -1 })
    await startWorker(pool, {
      infer: async () => {
        runs += 1
      },
    })
    await ended(job.tenant, job.id, 'expired')
    expect(runs).toBe(0)
  })

  it('drops the outcome of a job that was canceled while it ran', async () => {
    const pool = await aPool()
    const [running, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const { worker } = await startWorker(pool, {
      async infer() {
        running.resolve()
        await go.promise
      },
    })
    const { job } = await submit(pool)
    await running.promise
    expect((await jobs.cancel(job.tenant, job.id)).kind).toBe('canceling')
    go.resolve()
    await vi.waitFor(() => expect(worker.busyCount()).toBe(0), WAIT)
    expect(await jobs.find(job.tenant, job.id)).toMatchObject({ state: 'canceled', result: null })
  })

  it('drains: what runs is finished, what waits goes to another worker without an attempt spent', async () => {
    const pool = await aPool()
    const [running, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const first = await startWorker(pool, {
      async infer() {
        running.resolve()
        await go.promise
      },
    })
    const { job } = await submit(pool)
    await running.promise
    first.draining.abort()
    const drained = first.worker.drain(first.outOfTime.signal)
    const { job: later } = await submit(pool)
    go.resolve()
    await drained
    await ended(job.tenant, job.id, 'succeeded')
    await startWorker(pool, {})
    await ended(later.tenant, later.id, 'succeeded')
    expect((await jobs.find(later.tenant, later.id))?.attempt).toBe(1)
  })

  it('hands a running job back unspent when the grace is over', async () => {
    const pool = await aPool()
    const running = Promise.withResolvers<void>()
    const first = await startWorker(pool, {
      async infer() {
        running.resolve()
        await new Promise(() => {})
      },
    })
    const { job } = await submit(pool)
    await running.promise
    first.draining.abort()
    const drained = first.worker.drain(first.outOfTime.signal)
    first.outOfTime.abort()
    await drained
    await startWorker(pool, {})
    await ended(job.tenant, job.id, 'succeeded')
    expect((await jobs.find(job.tenant, job.id))?.attempt).toBe(1)
  })
})
