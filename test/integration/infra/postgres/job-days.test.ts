import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DayNeeded } from '../../../../infra/ports/job-days.ts'
import { createJobDays } from '../../../../infra/postgres/job-days-store.ts'
import * as statements from '../../../../infra/postgres/job-sql.ts'
import { createJobStore } from '../../../../infra/postgres/job-store.ts'
import { onTable, readDays, tableOf } from '../../../../infra/postgres/job-tables.ts'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { rowSecurityGaps } from '../../../../infra/postgres/row-security.ts'
import { describeJobDays } from '../../../contract/job-days.ts'
import { aClaim, aNewJob, anOutcome, claimed } from '../../../fixtures/jobs.ts'
import { type OwnDatabase, ownDatabase } from '../../../fixtures/own-database.ts'
import { silence } from '../../../fixtures/silence.ts'

let own: OwnDatabase
let db: Database

beforeAll(async () => {
  own = await ownDatabase('days')
  await migrate(own.url, silence().log)
  db = openPool({ url: own.url })
  // What was there before the cut would lie over the days of long ago that are made here.
  await own.sql(`select detach_job_day('job_before'), drop_job_days()`)
})
afterAll(async () => {
  await db.end()
  await own.drop()
})

const aDay = async (daysAgo: number): Promise<string> => {
  const [day] = await own.sql<{ name: string; first: string; end: string }>(
    `select 'job_' || to_char(job_day(-$1::integer) at time zone 'utc', 'YYYYMMDD') as name,
            job_id_at(job_day(-$1::integer)) as first, job_id_at(job_day(1 - $1::integer)) as end`,
    [daysAgo],
  )
  const { name, first, end } = day as { name: string; first: string; end: string }
  await own.sql(`create table ${name} (like job including all)`)
  await own.sql(`select keep_job_rights('${name}', 'job')`)
  await own.sql(`alter table job attach partition ${name} for values from ('${first}') to ('${end}')`)
  return name
}

const COLUMNS: Partial<Record<DayNeeded, string>> = {
  open: `state = 'running'`,
  held: `on_hold = true`,
  kept: `due_at = now() + interval '10 years'`,
}

const aJob = async (day: string, needed?: DayNeeded): Promise<string> => {
  const [bounds] = await own.sql<{ id: string }>(
    `select left(first_id::text, 13) || '-7' || substring(gen_random_uuid()::text from 16) as id from job_days() where name = $1`,
    [day],
  )
  const { id } = bounds as { id: string }
  await own.sql(
    `insert into job (id, tenant, task, lane, state, input, fingerprint, deadline, finished_at, erased_at, due_at)
     values ($1, 't', 'ocr', 'bulk', 'succeeded', '{"pictures": []}', 'f', now(), now(), now(), null)`,
    [id],
  )
  const change = needed && COLUMNS[needed]
  if (change) await own.sql(`update job set ${change} where id = $1`, [id])
  if (needed === 'keyed')
    await own.sql(`insert into job_key select 't', j.id::text, j.id from job j where j.id = $1`, [id])
  return id
}

describeJobDays('PostgreSQL', async () => ({
  days: createJobDays(db),
  aDay,
  aJob: async (day, needed) => void (await aJob(day, needed)),
}))

describe('a day', () => {
  it('stays while somebody works with the jobs, and nobody is kept waiting for long', async () => {
    const day = await aDay(700)
    const busy = new Client({ connectionString: own.url })
    await busy.connect()
    try {
      await busy.query('begin; lock table job in row exclusive mode')
      const days = createJobDays(db)
      expect((await days.drop(690 * 86_400_000)).kept).toContainEqual({ name: day, why: 'busy' })
      await busy.query('rollback')
      expect((await days.drop(690 * 86_400_000)).dropped).toContain(day)
    } finally {
      await busy.end()
    }
  })

  it('is dropped also where a process died after it had been taken out', async () => {
    const day = await aDay(710)
    await own.sql(`select detach_job_day('${day}')`)
    expect((await createJobDays(db).drop(9_999 * 86_400_000)).dropped).toEqual([day])
  })

  it('is made and dropped with the rights of the owner only as he would: every row, no table of the session', async () => {
    const found = await own.sql<{ settings: string[] }>(
      `select proconfig as settings from pg_proc where pronamespace = 'public'::regnamespace and prosecdef`,
    )
    expect(found).toHaveLength(4)
    for (const { settings } of found)
      expect(settings).toEqual(expect.arrayContaining(['search_path=public, pg_temp', 'muster.tenant=*']))
  })

  it('is kept apart by tenant when it is spoken to by its own name', async () => {
    const jobs = createJobStore(db)
    const { job } = await jobs.insert(aNewJob())
    const table = tableOf(await readDays(db), job.id)
    const select = { name: `test ${table}`, text: `select id from ${table} where id = $1` }
    expect((await db.as('another').query(select, [job.id])).rows).toEqual([])
    expect((await db.as(job.tenant).query(select, [job.id])).rows).toEqual([{ id: job.id }])
    expect(await rowSecurityGaps(db)).toEqual([])
  })

  it('takes over what a clock that was ahead had put among all other ids', async () => {
    const [far] = await own.sql<{ id: string }>(
      `select left(job_id_at(job_day(9))::text, 13) || '-7' || substring(gen_random_uuid()::text from 16) as id`,
    )
    const { id } = far as { id: string }
    const jobs = createJobStore(db)
    const { job } = await jobs.insert(aNewJob({ id, idempotencyKey: 'far' }))
    const days = createJobDays(db)
    expect(await days.signs()).toMatchObject({ strayCount: 1 })
    await days.make(9)
    expect(await days.signs()).toMatchObject({ strayCount: 0, aheadCount: 9 })
    await jobs.finish(anOutcome(claimed(await createJobStore(db).claim(aClaim(id)))))
    expect(await jobs.find(job.tenant, id)).toMatchObject({ state: 'succeeded' })
  })
})

describe('a process that runs for long', () => {
  it('finds a job missing whose day was dropped, by its id and by its key', async () => {
    const day = await aDay(720)
    const id = await aJob(day)
    const jobs = createJobStore(db)
    expect(await jobs.find('t', id)).toMatchObject({ id })
    await createJobDays(db).drop(715 * 86_400_000)
    expect(await jobs.find('t', id)).toBeUndefined()
    expect(await jobs.claim(aClaim(id))).toEqual({ kind: 'missing' })
  })

  it('gives each of many jobs its own answer, whichever days they are of', async () => {
    const jobs = createJobStore(db)
    const ids = await own.sql<{ id: string }>(
      `select left(job_id_at(job_day(n))::text, 13) || '-7' || substring(gen_random_uuid()::text from 16) as id
         from generate_series(0, 3) n`,
    )
    for (const { id } of ids) await jobs.insert(aNewJob({ id }))
    const claims = await Promise.all([...ids, ...ids].map(({ id }) => jobs.claim(aClaim(id))))
    expect(claims.map(({ kind }) => kind)).toEqual([...ids.map(() => 'claimed'), ...ids.map(() => 'leased')])
    const finished = await Promise.all(claims.slice(0, ids.length).map((one) => jobs.finish(anOutcome(claimed(one)))))
    expect(finished.map((one) => one.kind === 'finished' && one.job.id)).toEqual(ids.map(({ id }) => id))
  })
})

/** Names of the tables a plan reads or changes, each once. */
const tablesIn = (plan: readonly string[]): readonly string[] => [
  ...new Set(plan.flatMap((line) => /(?: on |using \S+ on )(job\w*)/.exec(line)?.[1] ?? [])),
]

describe('a plan', () => {
  const plan = async (text: string, values: readonly unknown[]): Promise<readonly string[]> => {
    const literal = values.reduce<string>((sql, value, index) => sql.replaceAll(`$${index + 1}`, `'${value}'`), text)
    const rows = await own.sql<{ 'QUERY PLAN': string }>(`explain ${literal}`)
    return rows.map((row) => row['QUERY PLAN'])
  }

  it('reaches one table where a job is looked up by its id, also by whoever knows of no days', async () => {
    const { job } = await createJobStore(db).insert(aNewJob())
    const table = tableOf(await readDays(db), job.id)
    expect(tablesIn(await plan(`select * from job where id = $1`, [job.id]))).toEqual([table])
    expect(tablesIn(await plan(`update job set queued_at = now() where id = $1`, [job.id]))).toEqual(['job', table])
  })

  it.each([
    ['claim', statements.CLAIM, ['[]', '{}', '{}']],
    ['finish', statements.FINISH, ['[]']],
    ['renew', statements.RENEW, ['[]', '1']],
    ['mark as published', statements.MARK_PUBLISHED, ['{}']],
  ] as const)(
    'reaches one table by its index where workers and the api %s, also of a day to come',
    async (_name, statement, values) => {
      // The newest: nothing is in it, and the plan that is made then is kept.
      const table = (await readDays(db))[0]?.name as string
      const lines = await plan(onTable(statement, table).text, values)
      expect(tablesIn(lines)).toEqual([table])
      expect(lines.filter((line) => line.includes('Seq Scan'))).toEqual([])
    },
  )

  it('finds the job of a key without looking at any day', async () => {
    expect(tablesIn(await plan(statements.FIND_BY_KEY.text, ['t', 'k']))).toEqual(['job_key'])
  })
})
