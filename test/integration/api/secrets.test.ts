import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterEach, expect, it, vi } from 'vitest'
import { freePort } from '../../../infra/local/ports.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { setUpBroker } from '../../../infra/rabbitmq/set-up.ts'
import { createKey } from '../../../scripts/keys.ts'
import { TEST_KEYS } from '../../fixtures/encryption.ts'
import { silence } from '../../fixtures/silence.ts'

const MAIN = fileURLToPath(new URL('../../../api/main.ts', import.meta.url))
const env = (name: string): string => process.env[name] as string

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

/** What must not be seen: the passwords in the addresses, and what signs and seals. */
const SECRETS = {
  DATABASE_URL: env('DATABASE_URL'),
  RABBITMQ_URL: env('RABBITMQ_URL'),
  REDIS_URL: env('REDIS_URL'),
  UPLOAD_SECRET: 'signs uploads and must stay unseen',
  ENCRYPTION_KEYS: TEST_KEYS,
}
const needles = (): readonly string[] =>
  Object.values(SECRETS).map((value) => (URL.canParse(value) && new URL(value).password) || value)

it('an api that gets its secrets as files shows none of them under /proc, in its log or its metrics', async () => {
  const pool = `secrets-${crypto.randomUUID().slice(0, 8)}`
  await migrate(env('DATABASE_URL'), silence().log)
  await setUpBroker(env('RABBITMQ_URL'), [pool])
  const folder = mkdtempSync(join(tmpdir(), 'muster-secrets-'))
  ends.push(() => rmSync(folder, { recursive: true, force: true }))
  const files = Object.entries(SECRETS).map(([name, value]) => {
    const path = join(folder, name)
    writeFileSync(path, `${value}\n`, { mode: 0o600 })
    return [`${name}_FILE`, path]
  })
  const [port, metricsPort] = [await freePort(), await freePort()]
  const url = `http://127.0.0.1:${port}`
  const child = spawn(process.execPath, [MAIN], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...Object.fromEntries(files),
      STORAGE_URL: pathToFileURL(join(folder, 'blobs')).href,
      API_PUBLIC_URL: url,
      API_PORT: String(port),
      API_METRICS_PORT: String(metricsPort),
      API_SHUTDOWN_DELAY_MS: '0',
      LOG_LEVEL: 'debug',
      POOLS: `${pool}=face-match,liveness,ocr`,
    },
  })
  const exited = once(child, 'close')
  ends.push(() => child.exitCode ?? child.kill('SIGKILL'))
  let log = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      log += String(chunk)
    })
  await vi.waitFor(async () => expect((await fetch(`${url}/readyz`)).status).toBe(200), { timeout: 60_000 })
  const key = await createKey(env('DATABASE_URL'), { tenant: 'acme', name: 'secrets', role: 'viewer' })
  const asked = await fetch(`${url}/v1/tenant`, { headers: { authorization: `Bearer ${key}` } })
  expect(asked.status).toBe(200)
  await fetch(`${url}/v1/tenant`, { headers: { authorization: `Bearer ${key.slice(0, -1)}x` } })

  const proc = (name: string) => readFileSync(`/proc/${child.pid}/${name}`, 'utf8')
  const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  const seen = { cmdline: proc('cmdline'), environ: proc('environ'), metrics }
  child.kill('SIGTERM')
  await exited
  const shown = { ...seen, log }
  expect(shown.environ).toContain('DATABASE_URL_FILE')
  expect(shown.log).toContain('api listens')
  expect(shown.metrics).toContain('muster_keys_refused_total')
  for (const needle of [...needles(), key, key.split('_')[3] as string]) {
    expect(needle.length).toBeGreaterThan(8)
    for (const [where, text] of Object.entries(shown)) expect([where, text.includes(needle)]).toEqual([where, false])
  }
})
