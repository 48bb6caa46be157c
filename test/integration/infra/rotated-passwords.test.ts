import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { Client } from 'pg'
import { afterEach, expect, it, vi } from 'vitest'
import { rabbitmqctl } from '../../../infra/local/rabbitmqctl.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { openPool } from '../../../infra/postgres/pool.ts'
import { rlsHolds } from '../../../infra/postgres/row-security.ts'
import { openLink } from '../../../infra/rabbitmq/link.ts'
import { openResultCache } from '../../../infra/redis/result-cache.ts'
import { silence } from '../../fixtures/silence.ts'

const DIR = join(import.meta.dirname, '..', '..', '..', '.muster', 'test')
const WAIT = { timeout: 60_000, interval: 50 }
const env = (name: string): string => process.env[name] as string
const login = () => `rotating_${randomBytes(4).toString('hex')}`

const as = (name: string, user: string, password: string): string => {
  const url = new URL(env(name))
  url.username = user
  url.password = password
  return url.href
}

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

it('PostgreSQL: a new connection has the password of now, the login of an application needs no table of its own', async () => {
  await migrate(env('DATABASE_URL'), silence().log)
  const user = login()
  const root = new Client({ connectionString: env('DATABASE_URL') })
  await root.connect()
  ends.push(() => root.end())
  await root.query(`create role ${user} login password 'one' in role muster_app`)
  ends.push(() => root.query(`drop role ${user}`))
  let password = 'one'
  const db = openPool({ url: () => as('DATABASE_URL', user, password), maxCount: 2 })
  ends.push(() => db.end())
  expect([await db.alive(), await rlsHolds(db)]).toEqual([true, true])
  await root.query(`alter role ${user} password 'two'`)
  await root.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [user])
  await vi.waitFor(async () => expect(await db.alive()).toBe(false), WAIT)
  password = 'two'
  await vi.waitFor(async () => expect(await db.alive()).toBe(true), WAIT)
})

it('RabbitMQ: a new connection has the password of now', async () => {
  const user = login()
  await rabbitmqctl(DIR, ['add_user', user, 'one'])
  ends.push(() => rabbitmqctl(DIR, ['delete_user', user]))
  const vhost = decodeURIComponent(new URL(env('RABBITMQ_URL')).pathname.slice(1))
  await rabbitmqctl(DIR, ['set_permissions', '-p', vhost, user, '.*', '.*', '.*'])
  let password = 'one'
  const url = () => as('RABBITMQ_URL', user, password)
  const link = await openLink({ url, name: 'test', setUp: async () => {}, ...silence() })
  ends.push(() => link.close())
  await rabbitmqctl(DIR, ['change_password', user, 'two'])
  const first = link.model()
  password = 'two'
  link.reset('the test wants another')
  await vi.waitFor(() => expect(link.connected() && link.model() !== first).toBe(true), WAIT)
})

it('Redis: a new connection has the password of now', async () => {
  const user = login()
  const root = new Redis(env('REDIS_URL'))
  ends.push(() => root.disconnect())
  await root.call('ACL', 'SETUSER', user, 'on', '>one', '~*', '+@all')
  ends.push(() => root.call('ACL', 'DELUSER', user))
  let password = 'one'
  const cache = openResultCache({ url: () => as('REDIS_URL', user, password), log: silence().log, ttlMs: 60_000 })
  ends.push(() => cache.close())
  await vi.waitFor(() => expect(cache.healthy()).toBe(true), WAIT)
  await root.call('ACL', 'SETUSER', user, 'resetpass', '>two')
  password = 'two'
  await root.call('CLIENT', 'KILL', 'USER', user)
  await vi.waitFor(() => expect(cache.healthy()).toBe(false), WAIT)
  await vi.waitFor(() => expect(cache.healthy()).toBe(true), WAIT)
})
