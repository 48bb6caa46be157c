import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { reconcile } from '../../../api/housekeeping/reconcile.ts'
import { liveness } from '../../../api/routes/liveness.ts'
import { TASK_NAMES } from '../../../infra/domain/task.ts'
import { DEFAULT_TENANT } from '../../../infra/domain/tenant.ts'
import type { Delivery } from '../../../infra/ports/job-queue.ts'
import { createTenantStore } from '../../../infra/postgres/tenant-store.ts'
import { openDispatcher } from '../../../infra/redis/dispatcher.ts'
import { createPublishTurns } from '../../../infra/runtime/publish-turns.ts'
import { createKey } from '../../../scripts/keys.ts'
import { createTurns } from '../../../worker/turns.ts'
import { LIVE } from '../../fixtures/api.ts'
import { silence } from '../../fixtures/silence.ts'
import { openServers, type Servers, startReplica } from './replica.ts'

/** Liveness without its picture: what is tested is who gets in and when. */
const NOTHING = { ...liveness, path: 'nothing', pictures: [] }
const SLOTS = 4

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

let servers: Servers
let prefix: string
beforeEach(async () => {
  prefix = `test:{${crypto.randomUUID()}}:`
  servers = await openServers()
  ends.push(() => servers.close())
})

const dispatcherOf = async () => {
  const options = { url: process.env.REDIS_URL as string, log: silence().log, prefix, timeoutMs: 10_000 }
  const dispatcher = openDispatcher(options, 10_000)
  ends.push(() => dispatcher.close())
  await vi.waitFor(() => expect(dispatcher.healthy()).toBe(true), { timeout: 10_000 })
  return dispatcher
}

const replicaOf = async () => {
  const dispatcher = await dispatcherOf()
  const replica = await startReplica(servers, { dispatcher }, [NOTHING])
  ends.push(() => replica.stop())
  return { ...replica, dispatcher }
}

const caller = async (name: string) => {
  const tenant = `${name}-${crypto.randomUUID().slice(0, 8)}`
  const key = await createKey(process.env.DATABASE_URL as string, { tenant, name: 'overload' })
  const post = ({ app }: Awaited<ReturnType<typeof replicaOf>>, prefer = 'wait=0') =>
    app.inject({
      method: 'POST',
      url: '/v1/nothing',
      headers: { authorization: `Bearer ${key}`, prefer },
      payload: {},
    })
  return { tenant, post }
}

/** A worker that says what it does, takes jobs one at a time and tells the dispatcher. @returns the tenants, in order */
const startWorker = async (): Promise<readonly string[]> => {
  const { jobs, queue, pool } = servers
  const order: string[] = []
  const marks = { confirmed: () => {} }
  const publish = createPublishTurns({ queue, marks, log: silence().log })
  const capacity = () => ({ pool, workerId: 'w', slots: SLOTS, bulkSlots: 2, ratePerSecond: 100, jobIds: [] })
  const turns = createTurns({ dispatcher: await dispatcherOf(), publish, capacity, log: silence().log })
  await turns.announce()
  let working = Promise.resolve()
  let stopped = false
  const handle = async ({ message, ack }: Delivery): Promise<void> => {
    if (!message || stopped) return
    const claim = await jobs.claim({ id: message.id, workerId: 'w', leaseMs: 60_000, takeOver: false })
    if (claim.kind === 'claimed') {
      order.push(message.tenant)
      const { id, attempt } = claim.job
      await jobs.finish({ id, attempt, state: 'succeeded', result: LIVE, error: null, models: [], timings: {} })
    }
    turns.ended(message.id, true)
    ack()
  }
  for (const lane of ['interactive', 'bulk'] as const)
    await queue.consume(pool, lane, SLOTS, (delivery) => {
      working = working.then(() => handle(delivery))
    })
  ends.push(async () => {
    stopped = true
    await working
  })
  return order
}

const reconcileNow = (dispatcher: Awaited<ReturnType<typeof dispatcherOf>>) => {
  const { jobs, queue, pool } = servers
  const times = { unconfirmedMs: -120_000, staleMs: 30_000, overdueMs: 5_000, limit: 100 }
  const once = { ...jobs, unpublished: (_ms: number, limit: number) => jobs.unpublished(0, limit) }
  return reconcile(
    { jobs: once, queue, dispatcher, settingsOf: async () => DEFAULT_TENANT, ...silence() },
    { pools: [{ name: pool, tasks: TASK_NAMES }], ...times },
  )
}

describe('a tenant’s limits', () => {
  it('let exactly as many of 200 simultaneous requests at two replicas pass as may be in flight', async () => {
    const replicas = [await replicaOf(), await replicaOf()] as const
    const { tenant, post } = await caller('capped')
    await createTenantStore(servers.db).set(tenant, { maxInFlightCount: 50 })
    const answers = await Promise.all(Array.from({ length: 200 }, (_, at) => post(replicas[at % 2 ? 1 : 0])))
    expect(answers.filter(({ statusCode }) => statusCode === 202)).toHaveLength(50)
    const refused = answers.filter(({ statusCode }) => statusCode === 429)
    expect(refused).toHaveLength(150)
    expect(refused[0]?.json()).toMatchObject({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      code: 'TOO_MANY_IN_FLIGHT',
      retryable: true,
      'violated-policies': ['in-flight'],
    })
    expect(refused[0]?.headers).toMatchObject({
      'retry-after': '1',
      ratelimit: expect.stringContaining('"in-flight";r=0'),
    })
  })

  it('are told with every answer, and hold the rate', async () => {
    const replica = await replicaOf()
    const { tenant, post } = await caller('hasty')
    await createTenantStore(servers.db).set(tenant, { ratePerSecond: 0.01, burstCount: 2 })
    const first = await post(replica)
    expect(first.headers).toMatchObject({
      'ratelimit-policy': '"rate";q=2;w=200, "in-flight";q=5000;qu="concurrent-requests"',
      ratelimit: '"rate";r=1;t=100, "in-flight";r=4999',
    })
    await post(replica)
    const refused = await post(replica)
    expect(refused.json()).toMatchObject({ status: 429, code: 'RATE_LIMITED', 'violated-policies': ['rate'] })
    expect(refused.headers['retry-after']).toBe('60')
  })
})

describe('a flood', () => {
  it('of 1,000 by one tenant at two replicas delays another’s one job by a few dispatches', async () => {
    const replicas = [await replicaOf(), await replicaOf()] as const
    const [flood, quiet] = [await caller('flood'), await caller('quiet')]
    for (let sent = 0; sent < 1_000; sent += 100) {
      const answers = Array.from({ length: 100 }, (_, at) => flood.post(replicas[at % 2 ? 1 : 0]))
      for (const { statusCode } of await Promise.all(answers)) expect(statusCode).toBe(202)
    }
    const { dispatchedCount, heldCount } = await replicas[0].dispatcher.load(servers.pool)
    expect(dispatchedCount + heldCount).toBe(1_000)
    expect((await quiet.post(replicas[1])).statusCode).toBe(202)
    const order = await startWorker()
    await vi.waitFor(() => expect(order).toContain(quiet.tenant), { timeout: 60_000 })
    // What the broker had before his request came goes first: no more than the workers' room. Then it is his turn.
    expect(order.indexOf(quiet.tenant)).toBeLessThanOrEqual(dispatchedCount + 3)
    expect(dispatchedCount).toBeLessThan(100)
  })

  it('is refused early when a pool could not do it in time, and says when it could', async () => {
    const replica = await replicaOf()
    const { post } = await caller('flood')
    const capacity = { pool: servers.pool, workerId: 'slow', slots: 1, bulkSlots: 1, jobIds: [] }
    await replica.dispatcher.announce({ ...capacity, ratePerSecond: 0.5 })
    const answers = await Promise.all(Array.from({ length: 60 }, () => post(replica)))
    expect(answers.filter(({ statusCode }) => statusCode === 202)).toHaveLength(27)
    const refused = answers.find(({ statusCode }) => statusCode === 429)
    expect(refused?.json()).toMatchObject({ code: 'OVERLOADED', retryable: true })
    expect(Number(refused?.headers['retry-after'])).toBeGreaterThanOrEqual(1)
  })
})

describe('when Redis is gone', () => {
  const submit = async (replica: Awaited<ReturnType<typeof replicaOf>>, count: number) => {
    const { post, tenant } = await caller('lasting')
    const answers = await Promise.all(Array.from({ length: count }, () => post(replica)))
    expect(answers.filter(({ statusCode }) => statusCode === 202)).toHaveLength(count)
    return { ids: answers.map((answer) => String(answer.json().id)), tenant }
  }
  const allDone = ({ ids }: { ids: readonly string[] }) =>
    vi.waitFor(async () => expect(await servers.jobs.over(ids)).toHaveLength(ids.length), { timeout: 60_000 })

  it('a local limit takes over, and what waited for its turn goes at once', async () => {
    const replica = await replicaOf()
    const before = await submit(replica, 40)
    await replica.dispatcher.close()
    const after = await submit(replica, 10)
    await reconcileNow(replica.dispatcher)
    await startWorker()
    await allDone(before)
    await allDone(after)
  })

  it('and comes back empty, what waited is brought back into the line', async () => {
    const replica = await replicaOf()
    const waiting = await submit(replica, 60)
    const redis = new Redis(process.env.REDIS_URL as string)
    const keys = await redis.keys(`${prefix}*`)
    expect(keys.length).toBeGreaterThan(60)
    await redis.del(...keys)
    redis.disconnect()
    await reconcileNow(replica.dispatcher)
    expect((await replica.dispatcher.load(servers.pool)).heldCount).toBeGreaterThan(0)
    await startWorker()
    await allDone(waiting)
  })
})
