import { randomBytes } from 'node:crypto'
import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createJobStore } from '../../../../infra/postgres/job-store.ts'
import { createKeyStore } from '../../../../infra/postgres/key-store.ts'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { rlsHolds, rowSecurityGaps } from '../../../../infra/postgres/row-security.ts'
import { addKey } from '../../../fakes/key-store.ts'
import { aNewJob } from '../../../fixtures/jobs.ts'
import { silence } from '../../../fixtures/silence.ts'
import { withClient } from '../../../fixtures/with-client.ts'

const url = process.env.DATABASE_URL as string
const [mine, other] = [`mine-${crypto.randomUUID().slice(0, 8)}`, `other-${crypto.randomUUID().slice(0, 8)}`]
const statement = (text: string) => ({ name: `test ${text}`.slice(0, 60), text })

const asRoot = <T>(work: (client: Client) => Promise<T>): Promise<T> => withClient(url, work)

let db: Database
beforeAll(async () => {
  await migrate(url, silence().log)
  db = openPool({ url, maxCount: 2, maxTenantCount: 2 })
  const jobs = createJobStore(db)
  for (const tenant of [mine, mine, other]) await jobs.insert(aNewJob({ tenant }))
  for (const tenant of [mine, other]) await addKey(createKeyStore(db), { tenant })
})
afterAll(() => db.end())

/** Statements that forget their tenant. */
const ALL_JOBS = statement('select id, tenant from job')
const ALL_TENANTS = statement('select distinct tenant from api_key')

describe('on behalf of a tenant', () => {
  it('a statement that forgets the tenant sees that tenant’s rows only', async () => {
    const { rows } = await db.as(mine).query<{ tenant: string }>(ALL_JOBS, [])
    expect(rows.map(({ tenant }) => tenant)).toEqual([mine, mine])
    expect((await db.as(other).query(ALL_TENANTS, [])).rows).toEqual([{ tenant: other }])
    expect((await db.as('nobody').query(ALL_JOBS, [])).rows).toEqual([])
  })

  it('a statement that forgets the tenant changes and deletes that tenant’s rows only', async () => {
    const touched = await db.as(other).query(statement(`update job set queued_at = now()`), [])
    expect(touched.rowCount).toBe(1)
    expect((await db.as('nobody').query(statement('delete from api_key'), [])).rowCount).toBe(0)
    expect((await db.as(mine).query(ALL_TENANTS, [])).rows).toEqual([{ tenant: mine }])
  })

  it('no row can be written for another, nor given to another', async () => {
    const insert = statement(`insert into api_key (key_id, secret_sha256, tenant, name) values ($1, '', $2, '')`)
    await expect(db.as(mine).query(insert, [randomBytes(6).toString('hex'), other])).rejects.toThrow(
      /row-level security/,
    )
    const give = statement('update api_key set tenant = $1')
    await expect(db.as(mine).query(give, [other])).rejects.toThrow(/row-level security/)
  })

  it('a connection never carries one tenant to the next user, however many there are at once', async () => {
    const tenants = Array.from({ length: 60 }, (_, index) =>
      index % 3 === 0 ? mine : index % 3 === 1 ? other : 'nobody',
    )
    const seen = await Promise.all(
      tenants.map(async (tenant) => (await db.as(tenant).query<{ tenant: string }>(ALL_TENANTS, [])).rows),
    )
    expect(seen).toEqual(tenants.map((tenant) => (tenant === 'nobody' ? [] : [{ tenant }])))
  })

  it('nor after a statement that failed', async () => {
    const failing = statement('select 1 / 0')
    for (let round = 0; round < 4; round += 1) {
      await expect(db.as(mine).query(failing, [])).rejects.toThrow(/division by zero/)
      expect((await db.as(other).query(ALL_TENANTS, [])).rows).toEqual([{ tenant: other }])
    }
  })

  it.each(['', '*'])('%j is nobody', (tenant) => {
    expect(() => db.as(tenant)).toThrow()
  })
})

it('the system reaches every tenant', async () => {
  const { rows } = await db.query<{ tenant: string }>(ALL_TENANTS, [])
  expect(rows.map(({ tenant }) => tenant)).toEqual(expect.arrayContaining([mine, other]))
})

describe('the check of the database', () => {
  it('finds that every table with a tenant keeps tenants apart', async () => {
    expect(await rowSecurityGaps(db)).toEqual([])
    expect(await rlsHolds(db)).toBe(true)
  })

  it('finds a table that does not', async () => {
    const table = `forgotten_${randomBytes(4).toString('hex')}`
    await asRoot((client) => client.query(`create table ${table} (tenant text)`))
    try {
      expect(await rowSecurityGaps(db)).toEqual([`table ${table} is open to every tenant`])
      await asRoot((client) => client.query(`select keep_tenants_apart('${table}')`))
      expect(await rlsHolds(db)).toBe(true)
    } finally {
      await asRoot((client) => client.query(`drop table ${table}`))
    }
  })
})

describe('as an ordinary login that owns the tables', () => {
  const login = `owner_${randomBytes(4).toString('hex')}`
  const schema = login
  const owned = new URL(url)
  owned.username = login
  owned.password = login
  owned.searchParams.set('options', `-c search_path=${schema}`)
  let own: Database

  beforeAll(async () => {
    await asRoot(async (client) => {
      await client.query(`create role ${login} login password '${login}'`)
      await client.query(`create schema ${schema} authorization ${login}`)
    })
    await migrate(owned.href, silence().log)
    own = openPool({ url: owned.href, maxCount: 1, maxTenantCount: 1 })
  })
  afterAll(async () => {
    await own.end()
    await asRoot(async (client) => {
      await client.query(`drop schema ${schema} cascade`)
      await client.query(`drop role ${login}`)
    })
  })

  it('migrates, works, and is held all the same', async () => {
    await addKey(createKeyStore(own), { tenant: mine })
    await addKey(createKeyStore(own), { tenant: other })
    expect((await own.query(ALL_TENANTS, [])).rows).toHaveLength(2)
    expect((await own.as(mine).query(ALL_TENANTS, [])).rows).toEqual([{ tenant: mine }])
    expect(await rlsHolds(own)).toBe(true)
    expect((await own.query(statement('select current_user as name'), [])).rows).toEqual([{ name: login }])
  })
})
