import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterEach, expect, it, vi } from 'vitest'
import { newKeyLine } from '../../../infra/encryption/key-file.ts'
import { freePort } from '../../../infra/local/ports.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { openPool } from '../../../infra/postgres/pool.ts'
import { setUpBroker } from '../../../infra/rabbitmq/set-up.ts'
import { boxOf } from '../../../infra/webhooks/secret-box.ts'
import { createKey } from '../../../scripts/keys.ts'
import { TEST_KEYS } from '../../fixtures/encryption.ts'
import { silence } from '../../fixtures/silence.ts'

const MAIN = fileURLToPath(new URL('../../../api/main.ts', import.meta.url))
const FACE = fileURLToPath(new URL('../../fixtures/person_a_2009.jpg', import.meta.url))
const { DATABASE_URL = '', RABBITMQ_URL = '', REDIS_URL = '' } = process.env

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

const aSecret = () => randomBytes(32).toString('base64')

/** A real api whose secrets are files, and callers who never stop. */
const start = async () => {
  const pool = `secrets-${crypto.randomUUID().slice(0, 8)}`
  await migrate(DATABASE_URL, silence().log)
  await setUpBroker(RABBITMQ_URL, [pool])
  const folder = mkdtempSync(join(tmpdir(), 'muster-secrets-'))
  ends.push(() => rmSync(folder, { recursive: true, force: true }))
  const write = (name: string, value: string) => {
    writeFileSync(join(folder, `${name}.next`), `${value}\n`, { mode: 0o600 })
    renameSync(join(folder, `${name}.next`), join(folder, name))
  }
  const values = { DATABASE_URL, RABBITMQ_URL, REDIS_URL, ENCRYPTION_KEYS: TEST_KEYS }
  const secrets = { ...values, UPLOAD_SECRET: aSecret(), WEBHOOK_SECRET_KEY: aSecret() }
  for (const [name, value] of Object.entries(secrets)) write(name, value)
  const [port, metricsPort] = [await freePort(), await freePort()]
  const url = `http://127.0.0.1:${port}`
  const child = spawn(process.execPath, [MAIN], {
    stdio: 'ignore',
    env: {
      ...Object.fromEntries(Object.keys(secrets).map((name) => [`${name}_FILE`, join(folder, name)])),
      STORAGE_URL: pathToFileURL(join(folder, 'blobs')).href,
      API_PUBLIC_URL: url,
      API_PORT: String(port),
      API_METRICS_PORT: String(metricsPort),
      API_SHUTDOWN_DELAY_MS: '0',
      WEBHOOK_DELIVER: 'false',
      POOLS: `${pool}=face-match,liveness,ocr`,
    },
  })
  ends.push(async () => {
    if (child.exitCode === null && child.kill()) await once(child, 'exit')
  })
  await vi.waitFor(async () => expect((await fetch(`${url}/readyz`)).status).toBe(200), { timeout: 60_000 })
  const tenant = `tenant-${crypto.randomUUID().slice(0, 8)}`
  const submitter = await createKey(DATABASE_URL, { tenant, name: 'checks', role: 'submitter' })
  const admin = await createKey(DATABASE_URL, { tenant, name: 'webhooks', role: 'admin' })
  const ask = (path: string, body?: object) =>
    fetch(url + path, {
      method: body ? 'POST' : 'GET',
      headers: {
        authorization: `Bearer ${path === '/v1/webhooks' ? admin : submitter}`,
        prefer: 'respond-async',
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
  const metric = async (line: string) =>
    (await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text())
      .split('\n')
      .find((one) => one.startsWith(line))
  const changed = (name: string) =>
    vi.waitFor(
      async () => expect(await metric(`muster_secrets_changed_total{task="",reason="${name}"`)).toMatch(/ 1$/),
      {
        timeout: 60_000,
      },
    )
  return { secrets, tenant, write, ask, metric, changed }
}

it('an api takes new secrets from their files while it serves, and keeps the last good ones', async () => {
  const { secrets, tenant, write, ask, metric, changed } = await start()
  const image = { base64: (await readFile(FACE)).toString('base64') }
  const statuses: number[] = []
  let serving = true
  const callers = (async () => {
    while (serving) statuses.push((await ask('/v1/uploads', { contentType: 'image/jpeg' })).status)
  })()
  const db = openPool({ url: DATABASE_URL, maxCount: 1 })
  ends.push(() => db.end())
  const first = async (text: string) => {
    const { rows } = await db.query<{ value: string }>({ name: `test ${text.slice(0, 40)}`, text }, [tenant])
    return rows[0]?.value
  }
  const kek = async () => {
    expect((await ask('/v1/liveness', { image })).status).toBe(202)
    return first(`select input->'sealed'->>'kek' as value from job where tenant = $1 order by created_at desc limit 1`)
  }
  const put = async (to: { readonly url: string; readonly headers: Record<string, string> }) =>
    (await fetch(to.url, { method: 'PUT', headers: to.headers, body: await readFile(FACE) })).status

  expect(await kek()).toBe('test')
  const signed = await (await ask('/v1/uploads', { contentType: 'image/jpeg' })).json()
  await ask('/v1/webhooks', { url: 'https://hooks.example/muster' })

  write('UPLOAD_SECRET', aSecret())
  write('ENCRYPTION_KEYS', `${newKeyLine('next')}\n${TEST_KEYS}`)
  const nextKey = aSecret()
  write('WEBHOOK_SECRET_KEY', `${nextKey} ${secrets.WEBHOOK_SECRET_KEY}`)
  for (const name of ['UPLOAD_SECRET', 'ENCRYPTION_KEYS', 'WEBHOOK_SECRET_KEY']) await changed(name)

  expect(await kek()).toBe('next')
  const again = await (await ask('/v1/uploads', { contentType: 'image/jpeg' })).json()
  expect([await put(again), await put(signed)]).toEqual([204, 204])
  const { secret, id } = await (await ask('/v1/webhooks', { url: 'https://hooks.example/muster' })).json()
  const stored = await first(`select secret as value from webhook_endpoint where tenant = $1 and id = '${id}'`)
  expect(boxOf(nextKey).open(String(stored), tenant)).toBe(secret)

  for (const name of ['UPLOAD_SECRET', 'ENCRYPTION_KEYS', 'WEBHOOK_SECRET_KEY']) write(name, 'nonsense')
  for (const name of ['UPLOAD_SECRET', 'ENCRYPTION_KEYS', 'WEBHOOK_SECRET_KEY'])
    await vi.waitFor(async () => expect(await metric(`muster_secrets_unusable{secret="${name}"`)).toMatch(/ 1$/), {
      timeout: 60_000,
    })
  expect(await kek()).toBe('next')
  const last = await (await ask('/v1/uploads', { contentType: 'image/jpeg' })).json()
  expect(await put(last)).toBe(204)
  serving = false
  await callers
  expect(new Set(statuses)).toEqual(new Set([201]))
})
