import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { IdempotencyMismatchError } from '../../../../infra/domain/errors.ts'
import { createJobDays } from '../../../../infra/postgres/job-days-store.ts'
import { createJobStore } from '../../../../infra/postgres/job-store.ts'
import { migrate, migrationStatus, readMigrations } from '../../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { aClaim, aNewJob, anOutcome, claimed } from '../../../fixtures/jobs.ts'
import { type OwnDatabase, ownDatabase } from '../../../fixtures/own-database.ts'
import { silence } from '../../../fixtures/silence.ts'

const { log } = silence()
const CONTRACT = ['0023_job_days.sql', '0023_job_days_cut.sql', '0026_job_days_guard.sql']
/** Nobody comes and goes here. */
const NOW = { contract: 'now', watchMs: 0 } as const

/** What a release before 0.2.0 does: it relies on the index of the whole table. */
const OLD_INSERT = `
  insert into job (id, tenant, task, lane, input, deadline, idempotency_key, fingerprint)
  values ($1, $2, 'ocr', 'bulk', '{"pictures": []}', now() + interval '1 hour', $3, 'f') on conflict do nothing returning id`

const used: { own: OwnDatabase; db: Database }[] = []
/** A database that has been in use since before the contract. */
const aUsedDatabase = async (): Promise<{ own: OwnDatabase; db: Database }> => {
  const own = await ownDatabase('cut')
  await migrate(own.url, log, { contract: 'later' })
  const one = { own, db: openPool({ url: own.url, maxCount: 4 }) }
  used.push(one)
  return one
}
afterAll(async () => {
  for (const { own, db } of used) {
    await db.end()
    await own.drop()
  }
})

describe('a database that has been used', () => {
  let own: OwnDatabase
  let db: Database
  beforeAll(async () => {
    ;({ own, db } = await aUsedDatabase())
  })
  const isCut = async () => (await own.sql(`select relkind = 'p' as cut from pg_class where oid = 'job'::regclass`))[0]

  it('keeps its table until somebody asks, and says what waits', async () => {
    await createJobStore(db).insert(aNewJob())
    expect(await migrate(own.url, log)).toEqual([])
    expect(await migrationStatus(own.url)).toEqual({
      contract: 'waiting',
      contractsWaiting: CONTRACT,
      missing: [],
      changed: [],
    })
    expect(await isCut()).toEqual({ cut: false })
  })

  it('knows a key that either release has used, whichever is asked', async () => {
    const jobs = createJobStore(db)
    const { job } = await jobs.insert(aNewJob({ idempotencyKey: 'new', tenant: 'both' }))
    expect(await own.sql(OLD_INSERT, [crypto.randomUUID(), 'both', 'new'])).toEqual([])
    expect(await own.sql(`select id from job where tenant = 'both' and idempotency_key = 'new'`)).toEqual([
      { id: job.id },
    ])
    const id = crypto.randomUUID()
    await own.sql(OLD_INSERT, [id, 'both', 'old'])
    const joining = aNewJob({ idempotencyKey: 'old', tenant: 'both', fingerprint: 'f' })
    expect(await jobs.insert(joining)).toMatchObject({ kind: 'joined', job: { id } })
    await expect(jobs.insert({ ...joining, fingerprint: 'g' })).rejects.toThrow(IdempotencyMismatchError)
  })

  it.each(['muster api', 'muster worker 0.1.9'])('is not cut while %s is connected', async (application_name) => {
    const old = new Client({ connectionString: own.url, application_name })
    await old.connect()
    try {
      await expect(migrate(own.url, log, NOW)).rejects.toThrow(`connected: ${application_name}`)
      expect(await isCut()).toEqual({ cut: false })
    } finally {
      await old.end()
    }
  })

  it('goes on taking, claiming and finishing jobs while it is cut, and loses none', async () => {
    const jobs = createJobStore(db)
    let cutting = true
    const traffic = async (): Promise<readonly string[]> => {
      const ids: string[] = []
      while (cutting || ids.length < 20) {
        const { job } = await jobs.insert(aNewJob({ tenant: 'busy', idempotencyKey: crypto.randomUUID() }))
        const claim = claimed(await createJobStore(db).claim(aClaim(job.id)))
        expect((await jobs.finish(anOutcome(claim))).kind).toBe('finished')
        ids.push(job.id)
      }
      return ids
    }
    const busy = [traffic(), traffic(), traffic()]
    // Connections of this release say so, and are no reason to wait.
    expect(await migrate(own.url, log, NOW)).toEqual(CONTRACT)
    cutting = false
    const ids = (await Promise.all(busy)).flat()
    expect(await isCut()).toEqual({ cut: true })
    const found = await own.sql(
      `select count(*)::integer as count from job where state = 'succeeded' and tenant = 'busy'`,
    )
    expect(found).toEqual([{ count: ids.length }])
  })

  it('has its rows in the first part, and every key is still its job’s', async () => {
    const parts = await own.sql(`select distinct tableoid::regclass::text as part from job where tenant = 'both'`)
    expect(parts.map(({ part }) => part)).toContain('job_before')
    const jobs = createJobStore(db)
    expect(await jobs.knows('both', 'new')).toBe(true)
    const joining = aNewJob({ idempotencyKey: 'old', tenant: 'both', fingerprint: 'f' })
    expect(await jobs.insert(joining)).toMatchObject({ kind: 'joined' })
  })

  it('makes no second job of a key even for an older release that comes back', async () => {
    expect(await own.sql(OLD_INSERT, [crypto.randomUUID(), 'both', 'new'])).toEqual([])
    const id = crypto.randomUUID()
    expect(await own.sql(OLD_INSERT, [id, 'both', 'late'])).toEqual([{ id }])
    expect(await own.sql(OLD_INSERT, [crypto.randomUUID(), 'both', 'late'])).toEqual([])
    expect(await createJobStore(db).knows('both', 'late')).toBe(true)
  })

  it('runs what ends a job as before: calls are enqueued and unkept data is due', async () => {
    const jobs = createJobStore(db)
    const retention = { keep: false, pictureTtlMs: 86_400_000, resultTtlMs: 86_400_000 }
    const { job } = await jobs.insert(aNewJob({ retention, webhookUrl: 'https://example.com/done' }))
    await jobs.finish(anOutcome(claimed(await jobs.claim(aClaim(job.id)))))
    expect(await own.sql('select type from webhook_delivery where job_id = $1', [job.id])).toEqual([
      { type: 'check.succeeded' },
    ])
    expect(await own.sql('select due_at = finished_at as due from job where id = $1', [job.id])).toEqual([
      { due: true },
    ])
  })
})

describe('a cut', () => {
  it('takes rows whose id lies behind it to where all other ids are', async () => {
    const { own, db } = await aUsedDatabase()
    const far = `ffffffff-ffff-4fff-8fff-${crypto.randomUUID().slice(24)}`
    const jobs = createJobStore(db)
    await jobs.insert(aNewJob())
    await jobs.insert(aNewJob({ id: far, tenant: 'far', idempotencyKey: 'k' }))
    await migrate(own.url, log, NOW)
    expect(await own.sql(`select tableoid::regclass::text as part from job where id = $1`, [far])).toEqual([
      { part: 'job_default' },
    ])
    expect(await createJobStore(db).knows('far', 'k')).toBe(true)
  })

  it('that was begun and left is taken back before it refuses a job', async () => {
    const left = await aUsedDatabase()
    await createJobStore(left.db).insert(aNewJob())
    // The first file of the contract, and the first step of the second.
    const [steps] = (await readMigrations()).filter(({ file }) => file === CONTRACT[0])
    await left.own.sql(steps?.sql ?? '')
    await left.own.sql('select prepare_job_cut()')
    const rule = `select count(*)::integer as count from pg_constraint where conname = 'job_cut'`
    await createJobDays(left.db).make(7)
    expect(await left.own.sql(rule)).toEqual([{ count: 1 }])
    await left.own.sql(`comment on constraint job_cut on job is '2020-01-01 00:00:00+00'`)
    await createJobDays(left.db).make(7)
    expect(await left.own.sql(rule)).toEqual([{ count: 0 }])
  })
})
