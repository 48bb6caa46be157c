import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { ownDatabase } from '../../../fixtures/own-database.ts'
import { silence } from '../../../fixtures/silence.ts'

const { log } = silence()
/** A database of this file's own, with nothing in it. */
const name = `migrate_${crypto.randomUUID().slice(0, 8)}`
const admin = process.env.DATABASE_URL as string
const url = Object.assign(new URL(admin), { pathname: `/${name}` }).href

const on = async <T>(at: string, work: (client: Client) => Promise<T>): Promise<T> => {
  const client = new Client({ connectionString: at })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
const rows = (sql: string): Promise<Record<string, unknown>[]> =>
  on(url, async (client) => (await client.query<Record<string, unknown>>(sql)).rows)

beforeAll(() => on(admin, (client) => client.query(`create database ${name}`)))
afterAll(() => on(admin, (client) => client.query(`drop database if exists ${name} with (force)`)))

it('is safe to start many times at once, also where an index is built beside the traffic', async () => {
  const applied = await Promise.all(Array.from({ length: 4 }, () => migrate(url, log)))
  const files = applied.flat()
  expect(files.length).toBeGreaterThan(0)
  expect(new Set(files).size).toBe(files.length)
  expect(applied.filter((fresh) => fresh.length > 0)).toHaveLength(1)
  expect(await rows('select indexrelid::regclass::text from pg_index where not indisvalid')).toEqual([])
})

it('goes on where a process died between an index and the note that it is there', async () => {
  const died = await ownDatabase('died')
  try {
    await migrate(died.url, log, { contract: 'later' })
    await died.sql(`delete from migration where file = '0005_canceling_index.sql'`)
    expect(await migrate(died.url, log)).toEqual(['0005_canceling_index.sql'])
    expect(await died.sql(`select indisvalid from pg_index where indexrelid = 'job_canceling'::regclass`)).toEqual([
      { indisvalid: true },
    ])
  } finally {
    await died.drop()
  }
})

it('keeps nobody waiting behind it while a table it changes is read', async () => {
  const busy = await ownDatabase('busy')
  const reader = new Client({ connectionString: busy.url })
  await reader.connect()
  try {
    await migrate(busy.url, log, { contract: 'later' })
    await busy.sql(`drop trigger take_job_key on job; drop function take_job_key(); drop table job_key`)
    await busy.sql(`alter table job drop column keyed`)
    await busy.sql(`delete from migration where file = '0022_job_keys.sql'`)
    await reader.query('begin; select from job')
    const migrated = migrate(busy.url, log, { contract: 'later' })
    const WAITS = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
    await expect.poll(() => busy.sql(WAITS), { interval: 20, timeout: 20_000 }).toHaveLength(1)
    await busy.sql(`set statement_timeout = '10s'; select from job limit 1`)
    await reader.query('rollback')
    expect(await migrated).toEqual(['0022_job_keys.sql'])
  } finally {
    await reader.end()
    await busy.drop()
  }
})

it('waits for a busy table with an index, however short others are to wait for locks there', async () => {
  const busy = await ownDatabase('busy_index')
  const writer = new Client({ connectionString: busy.url })
  await writer.connect()
  try {
    await migrate(busy.url, log, { contract: 'later' })
    await busy.sql(`drop index pool_minute_of_pool; delete from migration where file = '0030_minute_of_pool.sql'`)
    await busy.sql(`alter database ${new URL(busy.url).pathname.slice(1)} set lock_timeout = '50ms'`)
    await writer.query('begin; delete from pool_minute')
    const migrated = migrate(busy.url, log, { contract: 'later' })
    migrated.catch(() => {})
    const WAITS_LONG = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
      and query like '%create index%' and now() - state_change > interval '100ms'`
    await expect.poll(() => busy.sql(WAITS_LONG), { interval: 20, timeout: 20_000 }).toHaveLength(1)
    await writer.query('rollback')
    expect(await migrated).toEqual(['0030_minute_of_pool.sql'])
    expect(await busy.sql('select from pg_index where not indisvalid')).toEqual([])
  } finally {
    await writer.end()
    await busy.drop()
  }
})

it('knows the state `canceling`, which an older worker can neither end nor run', async () => {
  await rows(`insert into job (id, tenant, task, lane, input, deadline, fingerprint, state, attempt, leased_until)
    values (gen_random_uuid(), 't', 'ocr', 'bulk', '{}', now() + interval '1 hour', 'f', 'canceling', 1, now())`)
  const finish = `update job set state = 'succeeded' where attempt = 1 and state = 'running' returning id`
  const claim = `update job set state = 'running'
    where state = 'queued' or (state = 'running' and leased_until < now()) returning id`
  expect([await rows(finish), await rows(claim)]).toEqual([[], []])
})
