import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createKey } from '../../../scripts/keys.ts'
import { LIVE } from '../../fixtures/api.ts'
import { PERSON } from '../../fixtures/forms.ts'
import { openServers, type Servers, startReplica, startWorker } from './replica.ts'

type Replica = Awaited<ReturnType<typeof startReplica>>

const WAIT = { timeout: 30_000, interval: 50 }
let servers: Servers
let one: Replica
let two: Replica
let auth: { authorization: string }
beforeAll(async () => {
  servers = await openServers()
  one = await startReplica(servers)
  two = await startReplica(servers)
  const key = await createKey(process.env.DATABASE_URL as string, { tenant: 'acme', name: 'checks' })
  auth = { authorization: `Bearer ${key}` }
})
afterAll(async () => {
  await Promise.all([one?.stop(), two?.stop()])
  await servers?.close()
})

const image = { base64: PERSON.toString('base64') }
const submit = ({ app }: Replica, headers: Record<string, string> = {}) =>
  app.inject({ method: 'POST', url: '/v1/liveness', headers: { ...auth, ...headers }, payload: { image } })

it('is ready on the real servers', async () => {
  const answer = await one.app.inject('/readyz?verbose')
  expect(answer.json()).toMatchObject({ checks: { postgres: 'ok', rabbitmq: 'ok', replies: 'ok' } })
  expect(answer.statusCode).toBe(200)
})

describe('without a worker', () => {
  it('many simultaneous requests with one key on two replicas make one job', async () => {
    const headers = { 'idempotency-key': crypto.randomUUID(), prefer: 'respond-async' }
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => submit(index % 2 ? one : two, headers)))
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(answers.map(() => 202))
    expect(new Set(answers.map((answer) => answer.json().id)).size).toBe(1)
    const pictures = servers.blobs.keys().filter((key) => key.includes(answers[0]?.json().id))
    expect(pictures).toHaveLength(1)
    await vi.waitFor(async () => expect((await servers.queue.depth(servers.pool, 'bulk')).readyCount).toBe(1), WAIT)
  })

  it('a job can be canceled and erased through another replica', async () => {
    const { id } = (await submit(one, { prefer: 'wait=0' })).json() as { id: string }
    const canceled = await two.app.inject({ method: 'POST', url: `/v1/jobs/${id}/cancel`, headers: auth })
    expect(canceled.json()).toMatchObject({ id, status: 'canceled' })
    const erased = await two.app.inject({ method: 'DELETE', url: `/v1/jobs/${id}`, headers: auth })
    expect(erased.statusCode).toBe(204)
    expect(servers.blobs.keys().filter((key) => key.includes(id))).toEqual([])
    expect((await one.app.inject({ url: `/v1/jobs/${id}`, headers: auth })).json()).toMatchObject({ status: 410 })
  })
})

describe('with a worker', () => {
  beforeAll(() => startWorker(servers))

  it('answers the result of a check to who waits for it', async () => {
    const answer = await submit(one)
    expect(answer.json()).toMatchObject({ status: 'succeeded', result: LIVE, attempts: 1 })
    expect(answer.statusCode).toBe(200)
  })

  it('answers fifty callers at once, each his own job', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => submit(index % 2 ? one : two)))
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(answers.map(() => 200))
    expect(new Set(answers.map((answer) => answer.json().id)).size).toBe(50)
    expect([one, two].map(({ completions }) => completions.waiterCount())).toEqual([0, 0])
  })

  it('answers for a job that another replica took', async () => {
    const { id } = (await submit(one, { prefer: 'respond-async' })).json() as { id: string }
    const answer = await two.app.inject({ url: `/v1/jobs/${id}`, headers: { ...auth, prefer: 'wait=30' } })
    expect(answer.json()).toMatchObject({ id, status: 'succeeded', result: LIVE, lane: 'bulk' })
  })

  it('replays a finished job, on another replica too', async () => {
    const headers = { 'idempotency-key': crypto.randomUUID() }
    const [first, again] = [await submit(one, headers), await submit(two, headers)]
    expect(again.json().id).toBe(first.json().id)
    expect(again.headers['idempotent-replayed']).toBe('true')
  })
})

it('finds the outcome without any completion', async () => {
  const silent = await openServers()
  const replica = await startReplica(silent)
  try {
    await startWorker(silent, { tell: false })
    expect((await submit(replica)).json()).toMatchObject({ status: 'succeeded', result: LIVE })
    expect(replica.completions.waiterCount()).toBe(0)
  } finally {
    await replica.stop()
    await silent.close()
  }
})
