import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { connect } from 'amqplib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuditLog } from '../../../infra/postgres/audit-log.ts'
import { createJobStore } from '../../../infra/postgres/job-store.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../infra/postgres/pool.ts'
import { setUpBroker } from '../../../infra/rabbitmq/set-up.ts'
import { DEAD_QUEUE } from '../../../infra/rabbitmq/topology.ts'
import type { Env } from '../../../scripts/doctor/env.ts'
import { examine } from '../../../scripts/doctor/examine.ts'
import { repair } from '../../../scripts/doctor/repair.ts'
import { aNewJob } from '../../fixtures/jobs.ts'
import { silence } from '../../fixtures/silence.ts'

const dir = mkdtempSync(join(tmpdir(), 'muster-doctor-'))
const { DATABASE_URL = '', RABBITMQ_URL = '', REDIS_URL = '' } = process.env
const pool = `pool-${randomBytes(4).toString('hex')}`
const env: Env = {
  DATABASE_URL,
  RABBITMQ_URL,
  REDIS_URL,
  POOLS: `${pool}=face-match,liveness,ocr`,
  STORAGE_URL: pathToFileURL(dir).href,
  ENCRYPTION: 'off',
  MODELS_DIR: dir,
}
let db: Database

beforeAll(async () => {
  await migrate(DATABASE_URL, silence().log)
  await setUpBroker(RABBITMQ_URL, [pool])
  db = openPool({ url: DATABASE_URL, maxCount: 2 })
})
afterAll(async () => {
  await db.end()
  rmSync(dir, { recursive: true })
})

const withChannel = async (
  work: (channel: Awaited<ReturnType<Awaited<ReturnType<typeof connect>>['createChannel']>>) => Promise<unknown>,
) => {
  const model = await connect(RABBITMQ_URL)
  try {
    await work(await model.createChannel())
  } finally {
    await model.close()
  }
}

const stateOf = async (check: string, given: Env = env) =>
  (await examine(given)).findings.filter((finding) => finding.check === check)
const sql = (text: string) => ({ name: `test ${text}`.slice(0, 60), text })
const mend = async () => repair((await examine(env)).findings, env, { db, audit: createAuditLog(db) })

describe('the doctor', () => {
  it('finds a stack that was just set up well, and looks at all of it', async () => {
    await withChannel((channel) => channel.purgeQueue(DEAD_QUEUE))
    const { findings, unreachable } = await examine(env)
    const about = ['node-version', 'timeouts', 'disk', 'rabbitmq-version', 'topology', 'dead-letters']
    const rest = ['postgres-version', 'migrations', 'row-security', 'clock-skew', 'audit-head', 'redis-version']
    expect(findings.map(({ check }) => check)).toEqual(expect.arrayContaining([...about, ...rest]))
    const ours = findings.filter(
      ({ check }) => [...about, ...rest].includes(check) && check !== 'node-version' && check !== 'disk',
    )
    expect(ours.filter(({ state }) => state !== 'ok')).toEqual([])
    expect(unreachable).toBe(false)
  })

  it('knows the disk of pictures before there is a folder for them', async () => {
    const STORAGE_URL = pathToFileURL(join(dir, 'not', 'yet')).href
    expect(await stateOf('disk', { ...env, STORAGE_URL })).toMatchObject([{ detail: expect.stringMatching(/free/) }])
  })

  it('finds a queue that is missing, and declares it', async () => {
    await withChannel((channel) => channel.deleteQueue(`${pool}.bulk`))
    expect(await stateOf('topology')).toMatchObject([{ state: 'problem', detail: `${pool}.bulk is missing` }])
    expect(await mend()).toContain('declared what was missing in the broker')
    expect(await stateOf('topology')).toMatchObject([{ state: 'ok' }])
    // What other tests left behind may have been mended with it.
    const trail = await createAuditLog(db).list({ action: 'doctor_repaired', limit: 10 })
    expect(trail).toContainEqual(expect.objectContaining({ target: 'topology', channel: 'cli' }))
  })

  it('finds a queue that somebody declared otherwise, says how, and leaves it alone', async () => {
    const name = `${pool}.interactive`
    await withChannel(async (channel) => {
      await channel.deleteQueue(name)
      await channel.assertQueue(name, { durable: true, arguments: { 'x-queue-type': 'quorum', 'x-max-length': 7 } })
    })
    const [found] = await stateOf('topology')
    expect(found).toMatchObject({ state: 'problem', detail: expect.stringContaining('inequivalent') })
    expect(found?.fix).toContain(`delete_queue ${name}`)
    expect(await mend()).not.toContain('declared what was missing in the broker')
    await withChannel((channel) => channel.deleteQueue(name))
    await setUpBroker(RABBITMQ_URL, [pool])
  })

  it('finds jobs that are stuck, and ends them', async () => {
    const { job } = await createJobStore(db).insert(aNewJob())
    await db.query(sql(`update job set deadline = now() - interval '1 hour' where id = $1`), [job.id])
    expect(await stateOf('stuck-jobs')).toMatchObject([{ state: 'problem' }])
    expect((await mend()).join()).toContain('whose deadline had passed')
    expect(await stateOf('stuck-jobs')).toMatchObject([{ state: 'ok' }])
    expect(await createJobStore(db).find(job.tenant, job.id)).toMatchObject({ state: 'expired' })
  })

  it('finds jobs whose messages the broker has lost, and has them published again', async () => {
    const jobs = createJobStore(db)
    const { job } = await jobs.insert(aNewJob())
    await db.query(
      sql(
        `update job set published_at = now() - interval '1 hour', queued_at = now() - interval '1 hour' where id = $1`,
      ),
      [job.id],
    )
    expect(await stateOf('orphan-jobs')).toMatchObject([{ state: 'problem' }])
    expect((await mend()).join()).toContain('publish')
    expect((await jobs.unpublished(1_000, 1_000)).map(({ id }) => id)).toContain(job.id)
    await jobs.cancel(job.tenant, job.id)
  })

  it('finds a running job whose worker is gone', async () => {
    const jobs = createJobStore(db)
    const { job } = await jobs.insert(aNewJob())
    await jobs.claim({ id: job.id, workerId: 'w', leaseMs: 1_000, takeOver: false })
    await db.query(sql(`update job set leased_until = now() - interval '1 hour' where id = $1`), [job.id])
    expect(await stateOf('zombie-jobs')).toMatchObject([{ state: 'problem' }])
    await jobs.cancel(job.tenant, job.id)
  })

  it('says which server cannot be reached, and goes on with the others', async () => {
    const away = { ...env, RABBITMQ_URL: 'amqp://127.0.0.1:1', REDIS_URL: 'redis://127.0.0.1:1' }
    const { findings, unreachable } = await examine(away)
    expect(unreachable).toBe(true)
    const states = Object.fromEntries(findings.map(({ check, state }) => [check, state]))
    expect(states).toMatchObject({ rabbitmq: 'unknown', redis: 'unknown', migrations: 'ok' })
  })
})
