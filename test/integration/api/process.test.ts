import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterEach, expect, it, vi } from 'vitest'
import { freePort } from '../../../infra/local/ports.ts'
import { createDemandStore } from '../../../infra/postgres/demand-store.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { openPool } from '../../../infra/postgres/pool.ts'
import { setUpBroker } from '../../../infra/rabbitmq/set-up.ts'
import { createKey } from '../../../scripts/keys.ts'
import { TEST_KEYS } from '../../fixtures/encryption.ts'
import { PERSON } from '../../fixtures/forms.ts'
import { silence } from '../../fixtures/silence.ts'

const MAIN = fileURLToPath(new URL('../../../api/main.ts', import.meta.url))
const env = (name: string): string => process.env[name] as string

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

const startProcess = async (overrides: Readonly<Record<string, string>> = {}) => {
  const pool = `process-${crypto.randomUUID().slice(0, 8)}`
  await migrate(env('DATABASE_URL'), silence().log)
  await setUpBroker(env('RABBITMQ_URL'), [pool])
  const folder = await mkdtemp(join(tmpdir(), 'muster-api-'))
  ends.push(() => rm(folder, { recursive: true, force: true }))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const child = spawn(process.execPath, [MAIN], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      DATABASE_URL: env('DATABASE_URL'),
      RABBITMQ_URL: env('RABBITMQ_URL'),
      REDIS_URL: env('REDIS_URL'),
      STORAGE_URL: pathToFileURL(folder).href,
      UPLOAD_SECRET: 'x'.repeat(32),
      ENCRYPTION_KEYS: TEST_KEYS,
      API_PUBLIC_URL: url,
      API_PORT: String(port),
      API_SHUTDOWN_DELAY_MS: '0',
      POOLS: `${pool}=face-match,liveness,ocr`,
      ...overrides,
    },
  })
  const exited = once(child, 'close') as Promise<[number | null]>
  ends.push(() => child.exitCode ?? child.kill('SIGKILL'))
  let log = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      log += String(chunk)
    })
  return { child, exited, url, pool, log: () => log }
}

const isReady = async (url: string): Promise<void> => {
  await vi.waitFor(async () => expect((await fetch(`${url}/readyz`)).status).toBe(200), { timeout: 60_000 })
}

/** What the process told of demand before it ended. */
const demandOf = async (pool: string) => {
  const db = openPool({ url: env('DATABASE_URL'), maxCount: 1 })
  ends.push(() => db.end())
  return createDemandStore(db).minutes(pool, Date.now() - 3_600_000, Date.now() + 60_000)
}

it('starts on the real servers, and on SIGTERM answers who waits and exits 0', async () => {
  const { child, exited, url, pool, log } = await startProcess()
  await isReady(url)
  const key = await createKey(env('DATABASE_URL'), { tenant: 'acme', name: 'process' })
  const waiting = fetch(`${url}/v1/ocr`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', prefer: 'wait=60' },
    body: JSON.stringify({ image: { base64: PERSON.toString('base64') } }),
  })
  await vi.waitFor(() => expect(log()).toContain('api listens'), { timeout: 60_000 })
  const { port } = new URL(url)
  const metricsUrl = /"adminPort":(\d+)/.exec(log())?.[1]
  expect(metricsUrl).not.toBe(port)
  await vi.waitFor(
    async () => {
      const metrics = await (await fetch(`http://127.0.0.1:${metricsUrl}/metrics`)).text()
      expect(metrics).toMatch(/^muster_waiting_callers\{.*\} 1$/m)
    },
    { timeout: 60_000 },
  )
  child.kill('SIGTERM')
  const answer = await waiting
  expect(answer.status).toBe(202)
  expect(answer.headers.get('location')).toMatch(/^\/v1\/jobs\//)
  expect(await exited).toEqual([0, null])
  expect(log()).not.toContain(key)
  expect(await demandOf(pool)).toEqual([{ offeredCount: 1, refusedCount: 0, minute: expect.any(Number) }])
})

it('says what is wrong with its environment and exits 1', async () => {
  const { exited, log } = await startProcess({ API_KEEP_ALIVE_MS: '1000', POOLS: 'nonsense' })
  expect((await exited)[0]).toBe(1)
  expect(log()).toMatch(/API_KEEP_ALIVE_MS must be over 60000[\s\S]*POOLS: pool nonsense/)
})
