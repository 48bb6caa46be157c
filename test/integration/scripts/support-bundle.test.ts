import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createJobStore } from '../../../infra/postgres/job-store.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../infra/postgres/pool.ts'
import { setUpBroker } from '../../../infra/rabbitmq/set-up.ts'
import { stackPaths } from '../../../scripts/stack/folder.ts'
import { type Gathered, gatherSupport, type SupportRequest } from '../../../scripts/support-bundle/gather.ts'
import { tarOf } from '../../../scripts/support-bundle/tar.ts'
import { aKept } from '../../fixtures/decisions.ts'
import { aNewJob } from '../../fixtures/jobs.ts'
import { silence } from '../../fixtures/silence.ts'
import { API_KEY, LOG, METRICS, POSTGRES_LOG, plant, planted, STACK_LOG, secret, tenant } from './planted.ts'

const { DATABASE_URL = '', RABBITMQ_URL = '' } = process.env
const dir = mkdtempSync(join(tmpdir(), 'muster-support-'))
const paths = stackPaths(join(dir, 'stack'))
const pool = `pool-${crypto.randomUUID().slice(0, 8)}`

const env = {
  DATABASE_URL,
  RABBITMQ_URL,
  REDIS_URL: `redis://user:${plant('password in an address')}@127.0.0.1:1/0`,
  STORAGE_URL: pathToFileURL(join(dir, 'blobs')).href,
  POOLS: `${pool}=face-match,liveness,ocr`,
  MODELS_DIR: join(dir, 'nowhere'),
  UPLOAD_SECRET: secret,
  NODE_ADMIN_TOKEN: plant('token of the environment'),
  SLACK_OPERATORS: plant('person of the environment'),
  ENCRYPTION_KEYS_FILE: join(dir, 'keys'),
  WEBHOOK_NOTICE_URL: `https://hooks.example/${plant('path of an address')}?token=${plant('parameter of an address')}`,
  SOMETHING_ELSE: plant('variable that is not ours'),
  FLEET_TENANT: tenant,
}

let db: Database
let metrics: ReturnType<typeof createServer>
let request: SupportRequest
let gathered: Gathered

const plantRows = async (): Promise<void> => {
  const jobs = createJobStore(db)
  const input = { pictures: [], options: { note: plant('input of a job') } }
  const { job } = await jobs.insert(aNewJob({ tenant, task: 'ocr', input }))
  const run = (text: string, values: readonly unknown[]) =>
    db.query({ name: `test ${text.slice(0, 30)}`, text }, values)
  const result = { fields: { surname: plant('result of a job') } }
  const error = { code: plant('code of a job'), message: plant('error of a job') }
  await run(
    "update job set state = 'failed', finished_at = now(), result = $2::jsonb, error = $3::jsonb, leased_by = $4 where id = $1",
    [job.id, JSON.stringify(result), JSON.stringify(error), plant('worker of a job')],
  )
  const key = 'insert into api_key (key_id, secret_sha256, tenant, name) values ($1, $2, $3, $4)'
  await run(key, [crypto.randomUUID(), plant('hash of a key'), tenant, plant('name of a key')])
  const { id: _, ...kept } = aKept({ pool, at: Date.now() })
  const facts = {
    ...kept,
    doubts: [plant('doubt of a decision')],
    schedule: [plant('window of a decision')],
    steps: [{ by: 'override', before: 1, after: 2, why: plant('step of a decision') }],
    override: {
      kind: 'pin',
      count: 2,
      actor: plant('actor'),
      reason: plant('reason'),
      id: '1',
      pool,
      createdAt: 1,
      expiresAt: 2,
    },
  }
  const decision = `insert into decision (pool, at, from_count, to_count, outcome, outcome_why, term, facts)
                    values ($1, now(), 5, 8, 'applied', $2, 1, $3::jsonb)`
  await run(decision, [pool, plant('what the fleet said'), JSON.stringify(facts)])
}

beforeAll(async () => {
  await migrate(DATABASE_URL, silence().log)
  await setUpBroker(RABBITMQ_URL, [pool])
  db = openPool({ url: DATABASE_URL, maxCount: 2 })
  await plantRows()
  mkdirSync(paths.logs, { recursive: true })
  mkdirSync(paths.secrets)
  writeFileSync(join(dir, 'keys'), `now:${Buffer.from(plant('key in a file')).toString('base64')}\n`, { mode: 0o600 })
  writeFileSync(paths.encryptionKeys, `now:${plant('key of the stack')}\n`)
  writeFileSync(join(paths.secrets, 'WEBHOOK_SECRET_KEY'), plant('secret of the stack'))
  const settings = { ports: {}, secrets: { UPLOAD_SECRET: plant('secret of the settings') }, apiKey: API_KEY }
  writeFileSync(paths.settings, JSON.stringify(settings))
  writeFileSync(join(paths.logs, 'worker.log'), `${LOG.join('\n')}\n`)
  writeFileSync(join(paths.logs, 'stack.log'), `${STACK_LOG.join('\n')}\n`)
  writeFileSync(join(paths.logs, 'postgres.log'), `${POSTGRES_LOG.join('\n')}\n`)
  writeFileSync(join(paths.logs, 'something.log'), plant('log that is not ours'))
  metrics = createServer((_, answer) => answer.end(METRICS.join('\n')))
  await new Promise<void>((resolve) => metrics.listen(0, '127.0.0.1', resolve))
  const { port } = metrics.address() as AddressInfo
  const all = { ...env, API_METRICS_PORT: String(port) }
  request = { env: all, paths, lineCount: 100, logs: [], withTenants: false, now: Date.now() }
  gathered = await gatherSupport(request)
})
afterAll(async () => {
  metrics.close()
  await db.end()
  rmSync(dir, { recursive: true })
})

const textOf = (path: string, from = gathered): string => {
  const file = from.files.find((found) => found.path === `muster-support/${path}`)
  return Buffer.from(file?.body ?? []).toString()
}

/** A value as it stands, and as it may be hidden in other text. */
const formsOf = (value: string): readonly string[] => [
  value,
  value.toUpperCase(),
  Buffer.from(value).toString('base64').replace(/=+$/, ''),
  Buffer.from(value).toString('hex'),
]
const foundIn = (text: string): readonly string[] =>
  [...planted].flatMap(([place, canary]) => (formsOf(canary).some((form) => text.includes(form)) ? [place] : []))

describe('a support bundle', () => {
  it('unpacked with tar, holds nothing of what was planted', () => {
    const folder = join(dir, 'unpacked')
    mkdirSync(folder)
    writeFileSync(join(dir, 'bundle.tar.gz'), tarOf(gathered.files, request.now))
    execFileSync('tar', ['xzf', join(dir, 'bundle.tar.gz'), '-C', folder])
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    expect(files).toHaveLength(gathered.files.length)
    for (const file of files) {
      const text = readFileSync(join(file.parentPath, file.name), 'utf8')
      expect(foundIn(text), file.name).toEqual([])
      expect(text, file.name).not.toContain('Kanari')
    }
  })

  it('was searched for what is found where it was planted', () => {
    const logs = readdirSync(paths.logs).map((name) => readFileSync(join(paths.logs, name), 'utf8'))
    const all = [JSON.stringify(env), ...logs, METRICS.join('\n')].join('\n')
    expect(planted.size).toBeGreaterThan(40)
    expect(foundIn(all).length).toBeGreaterThan(25)
    expect(foundIn(Buffer.from(secret).toString('base64'))).toEqual(['secret of the environment'])
  })

  it('holds what support needs', () => {
    const manifest = JSON.parse(textOf('manifest.json'))
    expect(manifest.files.map(({ path }: { path: string }) => path)).toEqual([
      ...[
        'versions.json',
        'platform.json',
        'config.json',
        'doctor.json',
        'status.json',
        'database.json',
        'decisions.json',
      ],
      ...['queues.json', 'models-in-use.json', 'disk.json', 'metrics/api.txt'],
      ...['logs/postgres.log', 'logs/stack.log', 'logs/worker.log'],
    ])
    expect(JSON.parse(textOf('versions.json'))).toMatchObject({ node: process.versions.node })
    expect(JSON.parse(textOf('queues.json')).queues.map(({ name }: { name: string }) => name)).toContain(
      `${pool}.interactive`,
    )
    const { jobsOfTheLastDay, migrations } = JSON.parse(textOf('database.json'))
    expect(jobsOfTheLastDay).toContainEqual(expect.objectContaining({ task: 'ocr', state: 'failed', code: '' }))
    expect(migrations.length).toBeGreaterThan(10)
    expect(JSON.parse(textOf('decisions.json'))).toMatchObject([
      { pool, from: 5, to: 8, outcome: 'applied', override: 'pin', steps: [{ by: 'override', before: 1, after: 2 }] },
    ])
    expect(textOf('metrics/api.txt')).toContain('muster_jobs_submitted_total{service="api",task="ocr"} 5')
    expect(textOf('config.json')).toContain('redis://[login]@127.0.0.1:1/0')
  })

  it('keeps what a log says in words of the program', () => {
    const lines = textOf('logs/worker.log').trim().split('\n')
    expect(lines).toHaveLength(LOG.length)
    expect(lines[0]).toBe(LOG[0])
    expect(JSON.parse(lines[5] ?? '').tenant).toMatch(/^tenant:[0-9a-f]{8}$/)
    expect(JSON.parse(lines[6] ?? '').error).toEqual({
      ...{ name: 'UnavailableError', code: 'UNAVAILABLE', '[left out]': '[left out]' },
      stack: '    at load (file:///app/worker/main.ts:5:7)',
    })
    expect(textOf('logs/postgres.log')).toContain('database system is ready to accept connections')
    expect(textOf('logs/stack.log')).toContain('info the api answers')
  })

  it('shows a tenant as the same digest everywhere, or by name when that is asked for', async () => {
    const shown = JSON.parse(textOf('logs/worker.log').split('\n')[5] ?? '').tenant as string
    const { jobsOfTheLastDayByTenant } = JSON.parse(textOf('database.json'))
    expect(jobsOfTheLastDayByTenant).toContainEqual({ tenant: shown, state: 'failed', count: 1 })
    expect(textOf('metrics/api.txt')).toContain(`tenant="${shown}"`)
    const named = await gatherSupport({ ...request, withTenants: true })
    expect(textOf('database.json', named)).toContain(tenant)
    const left = foundIn(named.files.map(({ body }) => Buffer.from(body).toString()).join('\n'))
    expect(left).toEqual(['tenant'])
  })

  it('says what it could not get, and gets the rest', async () => {
    const away = {
      ...request.env,
      DATABASE_URL: 'postgres://muster:Kanari-never-shown@127.0.0.1:1/muster',
      RABBITMQ_URL: 'amqp://muster:Kanari-never-shown@127.0.0.1:1',
      API_METRICS_PORT: '1',
    }
    const { files, missing } = await gatherSupport({ ...request, env: away })
    expect(missing.map(({ path }) => path)).toEqual([
      ...['database.json', 'decisions.json', 'queues.json', 'models-in-use.json', 'models.json'],
      ...['metrics/api.txt', 'metrics/node.txt', 'metrics/autoscaler.txt'],
    ])
    const all = files.map(({ body }) => Buffer.from(body).toString()).join('\n')
    expect(all).not.toContain('Kanari')
    expect(all).toContain('postgres is unavailable')
    expect(files.map(({ path }) => path)).toContain('muster-support/doctor.json')
  })

  it('is written by the command, for its owner alone', () => {
    const out = join(dir, 'by-command.tar.gz')
    const program = join(import.meta.dirname, '..', '..', '..', 'scripts', 'muster.ts')
    const args = [program, '--dir', paths.dir, 'support-bundle', '--out', out, '--lines', '3']
    const printed = execFileSync(process.execPath, args, { env: { PATH: process.env.PATH, ...env }, stdio: 'pipe' })
    expect(printed.toString()).toBe(`${out}\n`)
    expect(statSync(out).mode & 0o777).toBe(0o600)
    const log = execFileSync('tar', ['xzOf', out, 'muster-support/logs/worker.log']).toString()
    expect(log.trim().split('\n')).toHaveLength(3)
  })
})
