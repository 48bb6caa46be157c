import { EventEmitter } from 'node:events'
import type { ChannelModel } from 'amqplib'
import { expect, it } from 'vitest'
import type { Delivery } from '../../../../infra/ports/job-queue.ts'
import { createSubscription } from '../../../../infra/rabbitmq/subscription.ts'

/** A connection whose channels answer when the test says so. */
const aConnection = () => {
  const answer = Promise.withResolvers<void>()
  const consuming = new Set<string>()
  class Channel extends EventEmitter {
    async prefetch() {}
    async consume(_queue: string, onMessage: (message: unknown) => void) {
      onMessage({ content: Buffer.from('{}'), fields: { deliveryTag: 1, redelivered: true }, properties: {} })
      await answer.promise
      consuming.add('tag')
      return { consumerTag: 'tag' }
    }
    async cancel(tag: string) {
      consuming.delete(tag)
    }
  }
  const channel = new Channel()
  const model = { createChannel: async () => channel } as unknown as ChannelModel
  return { model, channel, consuming, answer: answer.resolve }
}

const start = () => {
  const deliveries: Delivery[] = []
  const subscription = createSubscription({
    queue: 'q',
    pool: 'pool',
    prefetch: 1,
    onDelivery: (one) => deliveries.push(one),
  })
  const gone: string[] = []
  return {
    subscription,
    gone,
    deliveries,
    attach: (model: ChannelModel) => subscription.attach(model, (why) => gone.push(why)),
  }
}

it('consumes from when it is attached until it is canceled', async () => {
  const { subscription, attach } = start()
  const { model, consuming, answer } = aConnection()
  answer()
  await attach(model)
  expect(subscription.consuming()).toBe(true)
  await subscription.cancel()
  expect(subscription.consuming()).toBe(false)
  expect(consuming.size).toBe(0)
})

it('takes nothing when it is canceled while it is being attached to a new connection', async () => {
  const { subscription, attach } = start()
  const { model, consuming, answer } = aConnection()
  const attached = attach(model)
  await subscription.cancel()
  answer()
  await attached
  expect(consuming.size).toBe(0)
  expect(subscription.consuming()).toBe(false)
})

it('says that it does not consume when its channel closes, and asks for a new connection', async () => {
  const { subscription, gone, attach } = start()
  const { model, channel, answer } = aConnection()
  answer()
  await attach(model)
  channel.emit('close')
  expect(subscription.consuming()).toBe(false)
  expect(gone).toEqual(['channel of q closed'])
})

it('goes on consuming on a new connection when the old one ends late', async () => {
  const { subscription, gone, attach } = start()
  const [old, fresh] = [aConnection(), aConnection()]
  old.answer()
  fresh.answer()
  await attach(old.model)
  await attach(fresh.model)
  old.channel.emit('close')
  expect(subscription.consuming()).toBe(true)
  expect(gone).toEqual([])
})

it('says of a delivery when its connection had been lost before', async () => {
  const { deliveries, attach } = start()
  for (const { model, answer } of [aConnection(), aConnection()]) {
    answer()
    await attach(model)
  }
  expect(deliveries.map(({ reconnectedAt }) => typeof reconnectedAt)).toEqual(['undefined', 'number'])
})
