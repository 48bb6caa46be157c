import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'amqplib'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { UnavailableError, UnroutableError } from '../../../../infra/domain/errors.ts'
import type { Completion } from '../../../../infra/domain/message.ts'
import { rabbitmqctl } from '../../../../infra/local/rabbitmqctl.ts'
import { type RunningServer, startServer, stopServer } from '../../../../infra/local/server.ts'
import { KINDS } from '../../../../infra/local/servers.ts'
import type { Delivery } from '../../../../infra/ports/job-queue.ts'
import { openJobQueue } from '../../../../infra/rabbitmq/job-queue.ts'
import { openReplyQueue } from '../../../../infra/rabbitmq/reply-queue.ts'
import { setUpBroker } from '../../../../infra/rabbitmq/set-up.ts'
import { aMessage } from '../../../contract/job-queue.ts'
import { silence } from '../../../fixtures/silence.ts'

/** A broker of this file's own: it is killed. */
const WAIT = { timeout: 60_000, interval: 100 }
let dir: string
let broker: RunningServer

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'muster-broker-'))
  chmodSync(dir, 0o755)
  broker = await startServer(KINDS.rabbitmq, dir)
  await setUpBroker(broker.url, ['pool'])
})
const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})
afterAll(async () => {
  await stopServer(KINDS.rabbitmq, dir)
  rmSync(dir, { recursive: true, force: true })
})

const openQueue = async (onLost?: () => Promise<void>) => {
  const mending = onLost && { pools: ['pool'], onLost }
  const queue = await openJobQueue({ url: broker.url, ...silence(), mending })
  ends.push(() => queue.close())
  return queue
}

it('publishes, consumes and replies again after the broker was killed, and no confirmed message is lost', async () => {
  const queue = await openQueue()
  const completions: Completion[] = []
  const reply = await openReplyQueue({ url: broker.url, ...silence() }, 'test', (one) => completions.push(one))
  ends.push(() => reply.close())
  const confirmed = Array.from({ length: 50 }, () => aMessage({ lane: 'bulk' }))
  for (const message of confirmed) await queue.publish({ message, pool: 'pool' })
  const deliveries: Delivery[] = []
  const consumer = await queue.consume('pool', 'interactive', 10, (one) => deliveries.push(one))
  const signals: string[] = []
  await queue.onSignal((id) => signals.push(id))

  process.kill(broker.process.pid, 'SIGKILL')
  await vi.waitFor(() => expect(queue.trouble()).toBe('disconnected'), WAIT)
  expect(consumer.consuming()).toBe(false)
  expect(reply.listening()).toBe(false)
  await expect(queue.publish({ message: aMessage(), pool: 'pool' })).rejects.toBeInstanceOf(UnavailableError)

  broker = await startServer(KINDS.rabbitmq, dir)
  await vi.waitFor(() => expect(consumer.consuming() && reply.listening()).toBe(true), WAIT)
  const after = aMessage()
  await vi.waitFor(() => queue.publish({ message: after, pool: 'pool' }), WAIT)
  await vi.waitFor(() => expect(deliveries.map(({ message }) => message?.id)).toContain(after.id), WAIT)
  for (const delivery of deliveries) delivery.ack()
  await vi.waitFor(() => {
    queue.signal(after.id)
    expect(signals).toContain(after.id)
  }, WAIT)
  queue.complete(reply.name, { id: after.id, state: 'succeeded' })
  await vi.waitFor(() => expect(completions).toContainEqual({ id: after.id, state: 'succeeded' }), WAIT)

  const survivors = new Set<string | undefined>()
  await queue.consume('pool', 'bulk', 100, (delivery) => {
    survivors.add(delivery.message?.id)
    delivery.ack()
  })
  await vi.waitFor(() => expect([...survivors]).toEqual(expect.arrayContaining(confirmed.map(({ id }) => id))), WAIT)
}, 180_000)

it('declares its queues again on a broker that lost its disk, after it has noted the loss', async () => {
  const noted: boolean[] = []
  const onLost = async () => void noted.push(await hasQueue(broker.url, 'pool.bulk'))
  const queue = await openQueue(onLost)
  const deliveries: Delivery[] = []
  const consumer = await queue.consume('pool', 'bulk', 10, (one) => deliveries.push(one))
  expect(noted).toEqual([])

  process.kill(broker.process.pid, 'SIGKILL')
  await stopServer(KINDS.rabbitmq, dir)
  rmSync(join(dir, 'rabbitmq', 'data'), { recursive: true, force: true })
  const { url } = broker
  broker = await startServer(KINDS.rabbitmq, dir)
  expect(broker.url).toBe(url)

  await vi.waitFor(() => expect(consumer.consuming()).toBe(true), WAIT)
  expect(noted).toContain(false)
  const message = aMessage({ lane: 'bulk' })
  await vi.waitFor(() => queue.publish({ message, pool: 'pool' }), WAIT)
  await vi.waitFor(() => expect(deliveries.map((one) => one.message?.id)).toContain(message.id), WAIT)
}, 180_000)

it('declares a queue again when a message finds none', async () => {
  const onLost = vi.fn(async () => {})
  const queue = await openQueue(onLost)
  await rabbitmqctl(dir, ['delete_queue', 'pool.interactive'])
  await expect(queue.publish({ message: aMessage(), pool: 'pool' })).rejects.toBeInstanceOf(UnroutableError)
  expect(onLost).toHaveBeenCalledTimes(1)
  await queue.publish({ message: aMessage(), pool: 'pool' })
}, 60_000)

const hasQueue = async (url: string, name: string): Promise<boolean> => {
  const model = await connect(url)
  model.on('error', () => {})
  const channel = await model.createChannel()
  channel.on('error', () => {})
  const found = await channel.checkQueue(name).then(
    () => true,
    () => false,
  )
  await model.close()
  return found
}
