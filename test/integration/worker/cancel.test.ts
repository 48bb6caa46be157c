import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { MESSAGE_VERSION } from '../../../infra/domain/message.ts'
import type { JobQueue } from '../../../infra/ports/job-queue.ts'
import type { JobStore } from '../../../infra/ports/job-store.ts'
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
const broker = () => ({ url: process.env.RABBITMQ_URL as string, log, metrics })
const WAIT = { timeout: 30_000, interval: 20 }
const ends: (() => Promise<void>)[] = []
let db: Database
let jobs: JobStore
let queue: JobQueue & { close(): Promise<void> }

beforeAll(async () => {
  const url = process.env.DATABASE_URL as string
  await migrate(url, log)
  db = openPool({ url })
  jobs = createJobStore(db)
  queue = await openJobQueue(broker())
})
afterAll(async () => {
  for (const end of ends) await end()
  await queue.close()
  await db.end()
})

const aPool = async (): Promise<string> => {
  const pool = `pool-${crypto.randomUUID().slice(0, 8)}`
  await setUpBroker(broker().url, [pool])
  return pool
}

/** A worker whose model keeps the first batch until the test lets it go. */
const startWorker = async (pool: string, script: Script = {}, own: JobQueue = queue) => {
  const [busy, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const sizes: number[] = []
  const fetched: string[] = []
  const started = await startScriptedWorker({ jobs, queue: own }, pool, {
    async infer({ length }) {
      sizes.push(length)
      busy.resolve()
      await go.promise
    },
    async get(key) {
      fetched.push(key)
      return new Uint8Array(3)
    },
    ...script,
  })
  return { ...started, sizes, fetched, busy: busy.promise, go: go.resolve }
}
type Worker = Awaited<ReturnType<typeof startWorker>>

const start = async (script: Script = {}): Promise<{ pool: string; worker: Worker }> => {
  const pool = await aPool()
  const worker = await startWorker(pool, script)
  ends.push(worker.end)
  return { pool, worker }
}

const submit = async (pool: string, replyTo?: string) => {
  const id = aNewJob().id
  const pictures = [{ name: 'image', key: `pictures/${id}`, sha256: 'ab'.repeat(32), bytes: 3 }]
  const { job } = await jobs.insert(aNewJob({ id, input: { pictures, options: {} } }))
  const { task, tenant, lane, deadline } = job
  const message = { v: MESSAGE_VERSION, id, task, tenant, lane, deadline, attempt: 0 }
  await queue.publish({ message, pool, ...(replyTo === undefined ? {} : { replyTo }) })
  const stored = () => jobs.find(tenant, id)
  return {
    id,
    stored,
    in: (state: string) => vi.waitFor(async () => expect((await stored())?.state).toBe(state), WAIT),
    cancel: () => jobs.cancel(tenant, id),
    async takeBack() {
      const { kind } = await jobs.cancel(tenant, id)
      queue.signal(id)
      return kind
    },
  }
}
type Submitted = Awaited<ReturnType<typeof submit>>

/** One job in the model, three in the worker's hands behind it. */
const startFull = async (script: Script = {}) => {
  const { pool, worker } = await start(script)
  const inModel = await submit(pool)
  await worker.busy
  const waiting = await Promise.all([submit(pool), submit(pool), submit(pool)])
  await vi.waitFor(() => expect(worker.fetched).toHaveLength(4), WAIT)
  return { pool, worker, inModel, waiting: waiting as [Submitted, Submitted, Submitted] }
}

describe('a job that is canceled', () => {
  it('while it is queued never reaches a worker', async () => {
    const pool = await aPool()
    const [canceled, other] = [await submit(pool), await submit(pool)]
    expect(await canceled.takeBack()).toBe('canceled')
    const worker = await startWorker(pool)
    ends.push(worker.end)
    worker.go()
    await other.in('succeeded')
    await vi.waitFor(async () => expect((await queue.depth(pool, 'interactive')).readyCount).toBe(0), WAIT)
    expect(worker.fetched).toEqual([`pictures/${other.id}`])
    expect(await canceled.stored()).toMatchObject({ state: 'canceled', attempt: 0 })
  })

  it('while its pictures are fetched is not waited for', async () => {
    const { pool, worker } = await start({ get: () => new Promise(() => {}) })
    const job = await submit(pool)
    await job.in('running')
    expect(await job.takeBack()).toBe('canceling')
    await job.in('canceled')
    await vi.waitFor(() => expect(worker.worker.busyCount()).toBe(0), WAIT)
    expect(worker.sizes).toEqual([])
  })

  it('while it waits for its batch leaves it at once, and its neighbours succeed', async () => {
    const { worker, inModel, waiting } = await startFull()
    const [one, taken, other] = waiting
    expect(await taken.takeBack()).toBe('canceling')
    await taken.in('canceled')
    expect((await inModel.stored())?.state).toBe('running')
    worker.go()
    for (const neighbour of [inModel, one, other]) await neighbour.in('succeeded')
    expect(worker.sizes).toEqual([1, 2])
    expect(await taken.stored()).toMatchObject({ state: 'canceled', attempt: 1, result: null })
  })

  it('while the model runs is `canceling` until then, and its outcome is dropped', async () => {
    const { pool, worker } = await start()
    const told: object[] = []
    const reply = await openReplyQueue(broker(), crypto.randomUUID(), (completion) => told.push(completion))
    ends.push(() => reply.close())
    const job = await submit(pool, reply.name)
    await worker.busy
    expect(await job.takeBack()).toBe('canceling')
    expect((await job.cancel()).kind).toBe('canceling')
    worker.go()
    await job.in('canceled')
    await vi.waitFor(() => expect(told).toEqual([{ id: job.id, state: 'canceled' }]), WAIT)
    expect(await job.stored()).toMatchObject({ result: null, error: null, models: [], attempt: 1 })
    expect((await job.stored())?.timings.cancelMs).toBeGreaterThan(0)
    expect(worker.sizes).toEqual([1])
  })

  it('is let go of at the next renewal when the signal is lost', async () => {
    const { worker, inModel, waiting } = await startFull({ deaf: true, leaseMs: 3_000 })
    const [one, taken, other] = waiting
    expect(await taken.takeBack()).toBe('canceling')
    await taken.in('canceled')
    expect((await inModel.stored())?.state).toBe('running')
    worker.go()
    for (const neighbour of [inModel, one, other]) await neighbour.in('succeeded')
    expect(worker.sizes).toEqual([1, 2])
  })

  it('ends when its worker is killed before it let go, and no other worker runs it', async () => {
    const pool = await aPool()
    const own = await openJobQueue(broker())
    const killed = await startWorker(pool, { deaf: true }, own)
    const job = await submit(pool)
    await killed.busy
    expect(await job.takeBack()).toBe('canceling')
    killed.kill()
    await own.close()
    const next = await startWorker(pool)
    ends.push(next.end)
    await job.in('canceled')
    const other = await submit(pool)
    next.go()
    await other.in('succeeded')
    expect(next.fetched).toEqual([`pictures/${other.id}`])
    expect(await job.stored()).toMatchObject({ state: 'canceled', attempt: 1 })
  })

  it('ends by the reconciler when its worker is killed and there is no other', async () => {
    const pool = await aPool()
    const own = await openJobQueue(broker())
    const killed = await startWorker(pool, { deaf: true, leaseMs: 1_000 }, own)
    const job = await submit(pool)
    await killed.busy
    expect(await job.takeBack()).toBe('canceling')
    killed.kill()
    await own.close()
    await vi.waitFor(async () => {
      await jobs.endCanceling(60_000, 1_000)
      expect((await job.stored())?.state).toBe('canceled')
    }, WAIT)
  })

  it('ends with the drain of its worker, and is not handed to another', async () => {
    const { pool, worker } = await start({ deaf: true })
    const job = await submit(pool)
    await worker.busy
    expect(await job.takeBack()).toBe('canceling')
    await worker.end()
    await job.in('canceled')
    await vi.waitFor(async () => expect((await queue.depth(pool, 'interactive')).readyCount).toBe(0), WAIT)
  })
})

/** As a worker sees an erased job, and one that an older api canceled. */
const END = { name: 'test.end', text: `update job set state = 'canceled', finished_at = now() where id = $1` }

it('a job that ended without its worker leaves the batch it waits for too', async () => {
  const { worker, inModel, waiting } = await startFull()
  const [one, ended, other] = waiting
  await db.query(END, [ended.id])
  queue.signal(ended.id)
  await vi.waitFor(() => expect(worker.worker.busyCount()).toBe(3), WAIT)
  worker.go()
  for (const neighbour of [inModel, one, other]) await neighbour.in('succeeded')
  expect(worker.sizes).toEqual([1, 2])
})
