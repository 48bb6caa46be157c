import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { createClearJobs } from '../../../api/clear-jobs.ts'
import { createErase } from '../../../api/erase-job.ts'
import { forget } from '../../../api/housekeeping/forget.ts'
import { UnavailableError } from '../../../infra/domain/errors.ts'
import { createErasureStore } from '../../../infra/postgres/erasure-store.ts'
import { createRetentionStore } from '../../../infra/postgres/retention-store.ts'
import { systemClock } from '../../../infra/runtime/clock.ts'
import { createKey } from '../../../scripts/keys.ts'
import { LIVE } from '../../fixtures/api.ts'
import { testSealer } from '../../fixtures/encryption.ts'
import { PERSON } from '../../fixtures/forms.ts'
import { startScriptedWorker } from '../../fixtures/scripted-worker.ts'
import { silence } from '../../fixtures/silence.ts'
import { openServers, type Servers, startReplica } from './replica.ts'

type Replica = Awaited<ReturnType<typeof startReplica>>

const WAIT = { timeout: 30_000, interval: 20 }
const TENANT = `erase-${crypto.randomUUID().slice(0, 8)}`
let servers: Servers
let one: Replica
let two: Replica
let auth: { authorization: string }
beforeAll(async () => {
  servers = await openServers()
  one = await startReplica(servers)
  two = await startReplica(servers)
  const key = await createKey(process.env.DATABASE_URL as string, { tenant: TENANT, name: 'erase', role: 'operator' })
  auth = { authorization: `Bearer ${key}` }
})
afterAll(async () => {
  await Promise.all([one?.stop(), two?.stop()])
  await servers?.close()
})

const submit = (body: object, headers: Record<string, string>) =>
  one.app.inject({
    method: 'POST',
    url: '/v1/liveness',
    headers: { ...auth, ...headers },
    payload: { image: { base64: PERSON.toString('base64') }, ...body },
  })
const erase = (path: string) => two.app.inject({ method: 'DELETE', url: path, headers: auth })
const picturesOf = (id: string) => servers.blobs.keys().filter((key) => key.includes(id))

/** A worker whose model holds its first batch. */
const startBusyWorker = async () => {
  const [busy, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const worker = await startScriptedWorker(servers, servers.pool, {
    get: servers.blobs.get,
    sealer: testSealer,
    result: LIVE,
    async infer() {
      busy.resolve()
      await go.promise
    },
  })
  onTestFinished(worker.end)
  return { busy: busy.promise, go: go.resolve }
}

it('a running job is erased through another replica: its caller is told, and what its worker says is dropped', async () => {
  const { busy, go } = await startBusyWorker()
  const waiting = submit({ subject: 'person-7' }, { prefer: 'wait=60' })
  await busy
  const erased = await erase('/v1/subjects/person-7')
  expect(erased.json()).toMatchObject({ state: 'completed', jobs: 1, pictures: 1 })
  expect((await waiting).json().code).toBe('JOB_ERASED')
  go()
  const later = await submit({}, { prefer: 'wait=60' })
  expect(later.statusCode).toBe(200)
  const [gone] = await createRetentionStore(servers.db).erasedLately(60_000, 100)
  expect(await servers.jobs.find(TENANT, gone?.id ?? '')).toMatchObject({ state: 'canceled', result: null })
  expect(picturesOf(gone?.id ?? '')).toEqual([])
  expect(await servers.cache.get(TENANT, gone?.id ?? '')).toBeUndefined()
})

it('what storage held up is finished by housekeeping, once', async () => {
  const { id } = (await submit({ subject: 'person-8' }, { prefer: 'respond-async' })).json()
  const away = vi.spyOn(servers.blobs, 'delete').mockRejectedValue(new UnavailableError('storage', undefined))
  const erased = await erase(`/v1/jobs/${id}`)
  expect([erased.statusCode, erased.json().state]).toEqual([202, 'open'])
  expect((await servers.jobs.find(TENANT, id))?.input).toEqual({ pictures: [], options: {} })
  expect(picturesOf(id)).toHaveLength(1)
  away.mockRestore()
  const [retention, erasures] = [createRetentionStore(servers.db), createErasureStore(servers.db)]
  const { log, metrics } = silence()
  const { jobs, blobs, cache, queue } = servers
  // As if the leases of the first try were over.
  await servers.db.query({ name: 'due', text: 'update job set due_at = now() where id = $1' }, [id])
  await servers.db.query({ name: 'open', text: 'update erasure set due_at = now() where job_id = $1' }, [id])
  const clearJobs = createClearJobs({ retention, blobs, cache, metrics, log })
  const again = createErase({
    ...{ jobs, erasures, clearJobs, queue, log },
    purgeDeadLetters: async () => 0,
    completions: { deliver: () => {} },
    clock: systemClock,
  })
  await Promise.all(
    [1, 2].map(() => forget({ retention, erasures, clearJobs, erase: again }, new AbortController().signal)),
  )
  await vi.waitFor(async () => {
    const receipt = await two.app.inject({ url: String(erased.headers.location), headers: auth })
    if (receipt.json().state === 'open') await erase(`/v1/jobs/${id}`)
    expect(receipt.json()).toMatchObject({ state: 'completed', jobs: 1, pictures: 1 })
  }, WAIT)
  expect(picturesOf(id)).toEqual([])
})

it('what is not to be stored is gone from the row, the cache and storage once it was answered', async () => {
  const { go } = await startBusyWorker()
  go()
  const answer = await submit({ store: false }, { prefer: 'wait=60' })
  expect(answer.json().result).toMatchObject({ live: true })
  const { id } = answer.json()
  await vi.waitFor(async () => expect((await servers.jobs.find(TENANT, id))?.erasedAt).not.toBeNull(), WAIT)
  await vi.waitFor(() => expect(picturesOf(id)).toEqual([]), WAIT)
  expect(await servers.cache.get(TENANT, id)).toBeUndefined()
  expect((await two.app.inject({ url: `/v1/jobs/${id}`, headers: auth })).statusCode).toBe(410)
})
