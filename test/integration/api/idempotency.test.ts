import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createKey } from '../../../scripts/keys.ts'
import { LIVE } from '../../fixtures/api.ts'
import { form, PERSON, picture } from '../../fixtures/forms.ts'
import { openServers, type Servers, startReplica, startWorker } from './replica.ts'

type Replica = Awaited<ReturnType<typeof startReplica>>
type Auth = { authorization: string }

const TENANTS = ['one', 'two'].map((name) => `${name}-${crypto.randomUUID().slice(0, 8)}`) as [string, string]
const WAIT = { timeout: 30_000, interval: 50 }
let servers: Servers
let replicas: [Replica, Replica]
let [mine, theirs]: Auth[] = []
beforeAll(async () => {
  servers = await openServers()
  replicas = [await startReplica(servers), await startReplica(servers)]
  const bearer = async (tenant: string): Promise<Auth> => ({
    authorization: `Bearer ${await createKey(process.env.DATABASE_URL as string, { tenant, name: 'once' })}`,
  })
  mine = await bearer(TENANTS[0])
  theirs = await bearer(TENANTS[1])
})
afterAll(async () => {
  await Promise.all(replicas.map(({ stop }) => stop()))
  await servers.close()
})

const json = { payload: { image: { base64: PERSON.toString('base64') } }, headers: {} }
const send = (
  index: number,
  auth: Auth | undefined,
  key: string,
  prefer: string,
  request: { payload: object; headers: object } = json,
) =>
  replicas[index % 2 === 0 ? 0 : 1].app.inject({
    method: 'POST',
    url: '/v1/liveness',
    headers: { ...request.headers, ...auth, prefer, 'idempotency-key': key } as Record<string, string>,
    payload: request.payload,
  })
const OF_TENANT = { name: 'test.count', text: 'select count(*)::int as count from job where tenant = $1' }
const countOf = async (tenant: string) =>
  (await servers.db.query<{ count: number }>(OF_TENANT, [tenant])).rows[0]?.count

it('fifty requests with one key over two replicas are one job with one set of pictures, for each tenant', async () => {
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, index) => send(index >> 1, index % 2 ? mine : theirs, 'same-key', 'wait=0')),
  )
  expect(answers.map(({ statusCode }) => statusCode)).toEqual(answers.map(() => 202))
  const ids = answers.map((answer) => (answer.json() as { id: string }).id)
  const [my, their] = [new Set(ids.filter((_, index) => index % 2)), new Set(ids.filter((_, index) => !(index % 2)))]
  expect([my.size, their.size, new Set(ids).size]).toEqual([1, 1, 2])
  expect(await Promise.all(TENANTS.map(countOf))).toEqual([1, 1])
  expect(servers.blobs.keys()).toHaveLength(2)
  expect(servers.blobs.keys().every((key) => ids.some((id) => key.includes(id)))).toBe(true)
  // A broker with much to do tells a count of before.
  await vi.waitFor(
    async () => expect((await servers.queue.depth(servers.pool, 'interactive')).readyCount).toBe(2),
    WAIT,
  )
})

it('fifty callers who wait with one key are all answered by the one outcome', async () => {
  await startWorker(servers)
  const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => send(index, mine, 'waiting', 'wait=60')))
  expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]))
  expect(new Set(answers.map((answer) => (answer.json() as { id: string }).id)).size).toBe(1)
  for (const answer of answers) expect(answer.json()).toMatchObject({ status: 'succeeded', result: LIVE, attempts: 1 })
})

it('the request is known by its content, not by its bytes: a form replays what JSON made', async () => {
  const first = await send(0, mine, 'content', 'wait=60')
  const again = await send(1, mine, 'content', 'wait=60', form({ name: 'image', bytes: PERSON }))
  expect(again.json()).toMatchObject({ id: first.json().id, status: 'succeeded' })
  expect(again.headers['idempotent-replayed']).toBe('true')
})

it('the key is refused with another picture, and the refused picture is not kept', async () => {
  await send(0, mine, 'picture', 'wait=60')
  const kept = servers.blobs.keys().length
  const other = form({ name: 'image', bytes: picture('person_b_2010.jpg') })
  const answer = await send(1, mine, 'picture', 'wait=60', other)
  expect(answer.json()).toMatchObject({ status: 422, code: 'IDEMPOTENCY_MISMATCH', retryable: false })
  expect(servers.blobs.keys()).toHaveLength(kept)
})
