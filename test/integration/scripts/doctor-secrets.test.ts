import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { WebhookEndpoint } from '../../../infra/domain/webhook.ts'
import { newKeyLine } from '../../../infra/encryption/key-file.ts'
import { createAuditLog } from '../../../infra/postgres/audit-log.ts'
import { createJobStore } from '../../../infra/postgres/job-store.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../infra/postgres/pool.ts'
import { createWebhookStore } from '../../../infra/postgres/webhook-store.ts'
import { setUpBroker } from '../../../infra/rabbitmq/set-up.ts'
import { boxOf, isSealedBy } from '../../../infra/webhooks/secret-box.ts'
import type { Env } from '../../../scripts/doctor/env.ts'
import { examine } from '../../../scripts/doctor/examine.ts'
import { repair } from '../../../scripts/doctor/repair.ts'
import { anEndpoint } from '../../contract/webhook-store.ts'
import { aNewJob } from '../../fixtures/jobs.ts'
import { silence } from '../../fixtures/silence.ts'

const SERVERS = join(import.meta.dirname, '..', '..', '..', '.muster', 'test')
const dir = mkdtempSync(join(tmpdir(), 'muster-doctor-'))
const { DATABASE_URL = '', RABBITMQ_URL = '', REDIS_URL = '' } = process.env
const pool = `pool-${randomBytes(4).toString('hex')}`
const aKey = () => randomBytes(32).toString('base64')
const [OLD, NEW] = [aKey(), aKey()]
const keysFile = join(dir, 'keys')
const env: Env = {
  DATABASE_URL,
  RABBITMQ_URL,
  REDIS_URL,
  POOLS: `${pool}=face-match,liveness,ocr`,
  STORAGE_URL: pathToFileURL(join(dir, 'blobs')).href,
  ENCRYPTION_KEYS_FILE: keysFile,
  WEBHOOK_SECRET_KEY: `${NEW} ${OLD}`,
  MODELS_DIR: dir,
}
let db: Database

beforeAll(async () => {
  writeFileSync(keysFile, `${newKeyLine('now')}\n`, { mode: 0o600 })
  await migrate(DATABASE_URL, silence().log)
  await setUpBroker(RABBITMQ_URL, [pool])
  db = openPool({ url: DATABASE_URL, maxCount: 2 })
  // Secrets that other tests sealed with keys nobody has would be found as well.
  await db.query({ name: 'test no endpoints', text: 'delete from webhook_endpoint' }, [])
})
afterAll(async () => {
  await db.end()
  rmSync(dir, { recursive: true })
})

const found = async (check: string, given: Env = env, stack?: string) =>
  (await examine(given, stack)).findings.filter((finding) => finding.check === check)
const sealedSecret = async (id: string): Promise<string> => {
  const statement = { name: 'test secret', text: 'select secret from webhook_endpoint where id = $1' }
  return (await db.query<{ secret: string }>(statement, [id])).rows[0]?.secret ?? ''
}

it('finds storage that can be used, leaves nothing there, and says why it cannot', async () => {
  expect(await found('storage')).toMatchObject([{ state: 'ok' }])
  const left = (await readdir(join(dir, 'blobs'), { recursive: true, withFileTypes: true })).filter((one) =>
    one.isFile(),
  )
  expect(left).toEqual([])
  const away = await found('storage', {
    ...env,
    STORAGE_URL: 's3://pictures?endpoint=http://127.0.0.1:1',
    STORAGE_TIMEOUT_MS: '300',
    STORAGE_ACCESS_KEY: 'x',
    STORAGE_SECRET_KEY: 'x',
  })
  expect(away).toMatchObject([{ state: 'problem', detail: expect.stringContaining('object storage is unavailable') }])
})

it('finds webhook secrets that an older key sealed, and seals them anew', async () => {
  const made = anEndpoint()
  const sealed = boxOf(OLD).seal('whsec_x', made.tenant)
  const { id } = (await createWebhookStore(db).create({ ...made, secret: sealed }, 10)) as WebhookEndpoint
  await createWebhookStore(db).rotate(made.tenant, id, boxOf(OLD).seal('whsec_y', made.tenant), 60_000)
  const before = await found('webhook-secrets')
  expect(before).toMatchObject([{ state: 'warning', fix: './muster doctor --repair' }])
  expect(await found('webhook-secrets', { ...env, WEBHOOK_SECRET_KEY: NEW })).toMatchObject([{ state: 'problem' }])
  const done = await repair(before, env, { db, audit: createAuditLog(db) })
  expect(done.join()).toMatch(/^sealed [2-9]\d* webhook secrets with the present key$/)
  const now = await sealedSecret(id)
  expect(isSealedBy(NEW, now)).toBe(true)
  expect(boxOf(NEW).open(now, made.tenant)).toBe('whsec_y')
  const again = await repair(before, env, { db, audit: createAuditLog(db) })
  expect(again).toEqual(['sealed 0 webhook secrets with the present key'])
  await createWebhookStore(db).remove(made.tenant, id)
})

it('finds pictures whose key is not there, and keys that cannot be used', async () => {
  const picture = { name: 'image', key: 'pictures/x/image', bytes: 1, sha256: null }
  const input = { pictures: [picture], options: {}, sealed: { kek: 'lost', key: 'x' } }
  const { job } = await createJobStore(db).insert(aNewJob({ input }))
  expect(await found('encryption-keys')).toMatchObject([{ state: 'problem', detail: expect.stringContaining('lost') }])
  await createJobStore(db).cancel(job.tenant, job.id)
  const forget = { name: 'test forget', text: 'update job set pictures_erased_at = now() where id = $1' }
  await db.query(forget, [job.id])
  const [well] = await found('encryption-keys')
  expect(well?.detail).not.toContain('lost')
  const broken = await found('encryption-keys', { ...env, ENCRYPTION_KEYS_FILE: '', ENCRYPTION_KEYS: 'nonsense' })
  expect(broken).toMatchObject([{ state: 'problem', detail: expect.stringContaining('cannot be used') }])
})

it('asks the private broker of a stack for its limits, and says when it cannot', async () => {
  const { findings } = await examine(env, SERVERS)
  const limit = (name: string) => findings.find(({ check }) => check === name)
  expect(limit('broker-memory')).toMatchObject({
    state: 'ok',
    detail: expect.stringContaining('publishers are stopped'),
  })
  // A broker whose folder has a space in its path cannot ask for the disk.
  expect(limit('broker-disk')?.detail).toMatch(SERVERS.includes(' ') ? /cannot tell/ : /publishers are stopped/)
  expect(await found('broker-disk')).toMatchObject([
    { state: 'unknown', fix: expect.stringContaining('RABBITMQ_MANAGEMENT_URL') },
  ])
  const away = { ...env, RABBITMQ_MANAGEMENT_URL: 'http://127.0.0.1:1' }
  expect(await found('broker-limits', away)).toMatchObject([{ state: 'unknown' }])
})
