import { connect } from 'amqplib'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { MESSAGE_VERSION } from '../../../../infra/domain/message.ts'
import type { Delivery } from '../../../../infra/ports/job-queue.ts'
import { openJobQueue } from '../../../../infra/rabbitmq/job-queue.ts'
import { TopologyMismatchError } from '../../../../infra/rabbitmq/mend-topology.ts'
import { openReplyQueue } from '../../../../infra/rabbitmq/reply-queue.ts'
import { setUpBroker } from '../../../../infra/rabbitmq/set-up.ts'
import { CONTROL_EXCHANGE, DEAD_QUEUE, queueName } from '../../../../infra/rabbitmq/topology.ts'
import { aMessage, describeJobQueue } from '../../../contract/job-queue.ts'
import { silence } from '../../../fixtures/silence.ts'

const url = process.env.RABBITMQ_URL as string
const WAIT = { timeout: 30_000, interval: 50 }
const ends: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const end of ends) await end()
})

const open = async () => {
  const pool = `pool-${crypto.randomUUID().slice(0, 8)}`
  await setUpBroker(url, [pool])
  const queue = await openJobQueue({ url, ...silence() })
  ends.push(() => queue.close())
  return {
    queue,
    pool,
    async openReply(onCompletion: Parameters<typeof openReplyQueue>[2]) {
      const reply = await openReplyQueue({ url, ...silence() }, crypto.randomUUID(), onCompletion)
      ends.push(() => reply.close())
      return reply
    },
  }
}

describeJobQueue('RabbitMQ', open)

/** A connection of the test's own, to do to the broker what people and accidents do. */
const withChannel = async <T>(
  use: (channel: Awaited<ReturnType<Awaited<ReturnType<typeof connect>>['createConfirmChannel']>>) => Promise<T>,
) => {
  const model = await connect(url)
  model.on('error', () => {})
  try {
    const channel = await model.createConfirmChannel()
    channel.on('error', () => {})
    return await use(channel)
  } finally {
    await model.close()
  }
}

it('consumes again by itself after the broker canceled its consumer', async () => {
  const { queue, pool } = await open()
  const deliveries: Delivery[] = []
  const consumer = await queue.consume(pool, 'interactive', 5, (one) => deliveries.push(one))
  await withChannel((channel) => channel.deleteQueue(queueName(pool, 'interactive')))
  await vi.waitFor(() => expect(consumer.consuming()).toBe(false), WAIT)
  await setUpBroker(url, [pool])
  await vi.waitFor(() => expect(consumer.consuming()).toBe(true), WAIT)
  await vi.waitFor(() => queue.publish({ message: aMessage(), pool }), WAIT)
  await vi.waitFor(() => expect(deliveries).toHaveLength(1), WAIT)
  deliveries[0]?.ack()
})

it('hands out an unreadable message as such and parks it with its reason', async () => {
  const { queue, pool } = await open()
  const deliveries: Delivery[] = []
  await queue.consume(pool, 'bulk', 10, (one) => deliveries.push(one))
  const bodies = [
    '',
    'not json',
    '[]',
    'null',
    JSON.stringify({ v: 1, id: "'; drop table job" }),
    JSON.stringify({ v: MESSAGE_VERSION }),
  ]
  await withChannel(async (channel) => {
    for (const body of bodies) channel.sendToQueue(queueName(pool, 'bulk'), Buffer.from(body))
    await channel.waitForConfirms()
  })
  await vi.waitFor(() => expect(deliveries).toHaveLength(bodies.length), WAIT)
  for (const delivery of deliveries) {
    expect(delivery.message).toBeUndefined()
    await queue.deadLetter(delivery, 'unreadable')
    delivery.ack()
  }
  const parked = await withChannel(async (channel) => {
    const found: string[] = []
    for (;;) {
      const message = await channel.get(DEAD_QUEUE)
      if (!message) return found
      const { headers } = message.properties
      if (headers?.['x-muster-pool'] === pool && headers['x-muster-reason'] === 'unreadable')
        found.push(message.content.toString())
    }
  })
  expect(parked.sort()).toEqual([...bodies].sort())
})

it('says which queue stands in the way when one exists with other arguments', async () => {
  const pool = `pool-${crypto.randomUUID().slice(0, 8)}`
  await withChannel((channel) => channel.assertQueue(queueName(pool, 'bulk'), { durable: true }))
  await expect(setUpBroker(url, [pool])).rejects.toThrow(new RegExp(`${pool}\\.bulk`))
  await expect(setUpBroker(url, [pool])).rejects.toBeInstanceOf(TopologyMismatchError)
  const mending = { pools: [pool], onLost: async () => {} }
  await expect(openJobQueue({ url, ...silence(), mending })).rejects.toBeInstanceOf(TopologyMismatchError)
})

it('fails a start against an address where no broker listens', async () => {
  await expect(openJobQueue({ url: 'amqp://127.0.0.1:9', ...silence() })).rejects.toThrow('rabbitmq is unavailable')
})

describe('signals', () => {
  it('reach every worker of every pool, and only as the id of a job', async () => {
    const [api, one, two] = [await open(), await open(), await open()]
    const heard: string[][] = [[], []]
    await one.queue.onSignal((id) => heard[0]?.push(id))
    await two.queue.onSignal((id) => heard[1]?.push(id))
    const { id } = aMessage()
    await withChannel(async (channel) => {
      for (const body of ['', '[]', '{"id":1}', '{"id":"x"}'])
        channel.publish(CONTROL_EXCHANGE, '', Buffer.from(body), { persistent: false })
      await channel.waitForConfirms()
    })
    api.queue.signal(id)
    await vi.waitFor(() => expect(heard).toEqual([[id], [id]]), WAIT)
  })

  it('take nothing down when their exchange is missing, and work again by themselves', async () => {
    const [api, worker] = [await open(), await open()]
    const heard: string[] = []
    await withChannel((channel) => channel.deleteExchange(CONTROL_EXCHANGE))
    await worker.queue.onSignal((id) => heard.push(id))
    const { id } = aMessage()
    api.queue.signal(id)
    await vi.waitFor(() => expect(heard).toEqual([id]), WAIT)
    await withChannel((channel) => channel.deleteExchange(CONTROL_EXCHANGE))
    for (let round = 0; round < 3; round += 1) {
      api.queue.signal(id)
      await api.queue.publish({ message: aMessage(), pool: api.pool })
    }
    expect(api.queue.trouble()).toBeUndefined()
    await vi.waitFor(async () => expect((await api.queue.depth(api.pool, 'interactive')).readyCount).toBe(3), WAIT)
  })
})
