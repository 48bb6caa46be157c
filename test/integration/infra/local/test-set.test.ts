import { connect } from 'amqplib'
import { Redis } from 'ioredis'
import { Client } from 'pg'
import { expect, it } from 'vitest'

it('gives the tests a database, a virtual host and a cache of their own', async () => {
  const database = new Client({ connectionString: process.env.DATABASE_URL })
  await database.connect()
  const { rows } = await database.query<{ name: string }>('select current_database() as name')
  expect(rows[0]?.name).toMatch(/^muster_test_/)
  await database.end()

  const broker = await connect(process.env.RABBITMQ_URL ?? '')
  const channel = await broker.createChannel()
  const { queue } = await channel.assertQueue('', { exclusive: true })
  expect(queue).toMatch(/^amq\.gen/)
  await broker.close()

  const cache = new Redis(process.env.REDIS_URL ?? '')
  expect(await cache.ping()).toBe('PONG')
  expect(cache.options.db).toBeGreaterThan(0)
  cache.disconnect()
})
