import { type ChannelModel, connect } from 'amqplib'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { MESSAGE_VERSION } from '../../../infra/domain/message.ts'
import type { JobQueue } from '../../../infra/ports/job-queue.ts'
import type { JobStore } from '../../../infra/ports/job-store.ts'
import { createJobStore } from '../../../infra/postgres/job-store.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../infra/postgres/pool.ts'
import { openJobQueue } from '../../../infra/rabbitmq/job-queue.ts'
import { setUpBroker } from '../../../infra/rabbitmq/set-up.ts'
import { DEAD_QUEUE, queueName } from '../../../infra/rabbitmq/topology.ts'
import { aMessage } from '../../contract/job-queue.ts'
import { aNewJob } from '../../fixtures/jobs.ts'
import { type ScriptedWorker, startScriptedWorker } from '../../fixtures/scripted-worker.ts'
import { silence } from '../../fixtures/silence.ts'

const { log, metrics } = silence()
const WAIT = { timeout: 30_000, interval: 20 }
const MB = 1_000_000
const pool = `hostile-${crypto.randomUUID().slice(0, 8)}`

let db: Database
let jobs: JobStore
let queue: JobQueue & { close(): Promise<void> }
let worker: ScriptedWorker
/** of somebody who got at the broker */
let attacker: ChannelModel
beforeAll(async () => {
  const [databaseUrl, url] = [process.env.DATABASE_URL as string, process.env.RABBITMQ_URL as string]
  await migrate(databaseUrl, log)
  await setUpBroker(url, [pool])
  db = openPool({ url: databaseUrl })
  jobs = createJobStore(db)
  queue = await openJobQueue({ url, log, metrics })
  worker = await startScriptedWorker({ jobs, queue }, pool, {})
  attacker = await connect(url)
})
afterAll(async () => {
  await attacker?.close()
  await worker?.end()
  await queue?.close()
  await db?.end()
})

const send = async (body: Buffer | string, options: object = {}): Promise<void> => {
  const channel = await attacker.createConfirmChannel()
  channel.sendToQueue(queueName(pool, 'interactive'), Buffer.from(body), options)
  await channel.waitForConfirms()
  await channel.close()
}

/** Take the next dead letter of this pool, as `[reason, body]`. */
const nextDead = async (): Promise<readonly [string, Buffer]> => {
  const channel = await attacker.createChannel()
  const found = await vi.waitFor(async () => {
    const message = await channel.get(DEAD_QUEUE, { noAck: true })
    if (!message || message.properties.headers?.['x-muster-pool'] !== pool) throw new Error('none yet')
    return message
  }, WAIT)
  await channel.close()
  return [found.properties.headers?.['x-muster-reason'] as string, found.content]
}

const publishJob = async (replyTo?: string) => {
  const { job } = await jobs.insert(aNewJob())
  const { id, tenant, task, lane, deadline } = job
  await send(JSON.stringify({ v: MESSAGE_VERSION, id, tenant, task, lane, deadline, attempt: 0 }), { replyTo })
  return job
}

/** The queue flows on: a job behind all that was sent before is done. */
const expectFlow = async (): Promise<void> => {
  const { tenant, id } = await publishJob()
  await vi.waitFor(async () => expect((await jobs.find(tenant, id))?.state).toBe('succeeded'), WAIT)
}

describe('a message that is none is parked at first sight, and the queue flows on', () => {
  it.each<[string, () => Buffer | string]>([
    ['nothing', () => ''],
    ['zeros', () => Buffer.alloc(1000)],
    ['half a message', () => JSON.stringify(aMessage()).slice(0, -5)],
    ['a list', () => '[]'],
    ['null', () => 'null'],
    ['members of every object', () => '{"__proto__":{"v":1},"constructor":{"prototype":{}}}'],
    ['a hundred thousand brackets', () => '['.repeat(100_000)],
    ['8 MB', () => JSON.stringify({ ...aMessage(), more: 'a'.repeat(8 * MB) })],
    ['a task that nobody has', () => JSON.stringify({ ...aMessage(), task: 'liveness\n# TYPE muster_up gauge' })],
    ['one attempt and a half', () => JSON.stringify({ ...aMessage(), attempt: 1.5 })],
  ])('%s', async (_what, body) => {
    await send(body())
    const [reason, parked] = await nextDead()
    expect(reason).toBe('unreadable')
    expect(parked.equals(Buffer.from(body())) || parked.length > 100).toBe(true)
    await expectFlow()
  })
})

it('a message of a job that does not exist is parked as missing', async () => {
  const message = aMessage({ tenant: 'nobody' })
  await send(JSON.stringify(message))
  const [reason, parked] = await nextDead()
  expect([reason, JSON.parse(parked.toString())]).toEqual(['missing', message])
  await expectFlow()
})

it('a message with another tenant than its job changes nothing about whose job it is', async () => {
  const { job } = await jobs.insert(aNewJob())
  await send(JSON.stringify({ ...aMessage({ id: job.id }), tenant: 'somebody-else' }))
  await expectFlow()
  expect(await jobs.find('somebody-else', job.id)).toBeUndefined()
})

it('a message of a newer version is handed back, not judged and not lost', async () => {
  const newer = JSON.stringify({ v: MESSAGE_VERSION + 1, what: 'nobody here knows' })
  await send(newer)
  await expectFlow()
  const pause = worker.worker.drain(new AbortController().signal)
  worker.draining.abort()
  await pause
  const channel = await attacker.createChannel()
  const back = await vi.waitFor(async () => {
    const message = await channel.get(queueName(pool, 'interactive'), { noAck: true })
    if (!message) throw new Error('none yet')
    return message
  }, WAIT)
  expect(back.content.toString()).toBe(newer)
  await channel.close()
  worker = await startScriptedWorker({ jobs, queue }, pool, {})
})

describe('a reply address', () => {
  it.each(['amq.rabbitmq.reply-to.nobody', '', 'no.such.queue', 'muster.reply.nobody', 'x'.repeat(255), '\n'])(
    '%j does no harm',
    async (replyTo) => {
      const { tenant, id } = await publishJob(replyTo)
      await vi.waitFor(async () => expect((await jobs.find(tenant, id))?.state).toBe('succeeded'), WAIT)
      await expectFlow()
      expect(queue.trouble()).toBeUndefined()
    },
  )

  it('of a stranger’s queue gets nothing', async () => {
    const channel = await attacker.createChannel()
    const { queue: stranger } = await channel.assertQueue('', { exclusive: true })
    const { tenant, id } = await publishJob(stranger)
    await vi.waitFor(async () => expect((await jobs.find(tenant, id))?.state).toBe('succeeded'), WAIT)
    await expectFlow()
    expect(await channel.get(stranger)).toBe(false)
    await channel.close()
  })
})

it('headers and properties of every kind do no harm', async () => {
  await send(JSON.stringify(aMessage()), {
    headers: {
      'x-death': [{ count: 1e9 }],
      'x-muster-pool': 'other',
      deep: { a: [{ b: null }] },
      long: 'a'.repeat(60_000),
    },
    correlationId: '\u001b[31m',
    contentEncoding: 'gzip',
    expiration: '60000',
    type: 'x'.repeat(200),
  })
  expect((await nextDead())[0]).toBe('missing')
  await expectFlow()
})
