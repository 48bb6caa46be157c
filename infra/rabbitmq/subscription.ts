import type { ChannelModel, ConsumeMessage } from 'amqplib'
import type { Consumer, Delivery } from '../ports/job-queue.ts'
import type { BrokerSpans } from './broker-spans.ts'
import { decodeMessage } from './codec.ts'
import { createSettler, type Settler } from './settler.ts'
import { isReplyQueue } from './topology.ts'

/** One consumer of one queue that is opened again on every connection until it is canceled. */
export interface Subscription extends Consumer {
  /** call after every (re)connect */
  attach(model: ChannelModel, onGone: (reason: string) => void): Promise<void>
}

export interface SubscriptionOptions {
  readonly queue: string
  readonly pool: string
  readonly prefetch: number
  readonly onDelivery: (delivery: Delivery) => void
  readonly spans?: BrokerSpans | undefined
}

export const createSubscription = (options: SubscriptionOptions): Subscription => {
  const { queue, pool, prefetch, onDelivery, spans } = options
  let stopConsuming: (() => Promise<void>) | undefined
  let canceled = false
  let attachedBefore = false

  return {
    consuming: () => stopConsuming !== undefined,
    async cancel() {
      canceled = true
      const stop = stopConsuming
      stopConsuming = undefined
      await stop?.()
    },
    async attach(model, onGone) {
      if (canceled) return
      const channel = await model.createChannel()
      // The channel stays open: deliveries in hand are settled on it.
      const stop = async () => void (await channel.cancel(consumerTag).catch(() => {}))
      const gone = (reason: string) => {
        // A channel of an earlier connection may end late; the present one is well.
        if (stopConsuming !== stop && stopConsuming !== undefined) return
        stopConsuming = undefined
        if (!canceled) onGone(reason)
      }
      channel.on('error', () => {})
      channel.on('close', () => gone(`channel of ${queue} closed`))
      await channel.prefetch(prefetch)
      const settler = createSettler(channel)
      const reconnectedAt = attachedBefore ? Date.now() : undefined
      attachedBefore = true
      const { consumerTag } = await channel.consume(queue, (message) => {
        // The broker canceled the consumer: its queue was deleted or has moved.
        if (!message) return gone(`consumer of ${queue} canceled by the broker`)
        const delivery = { ...toDelivery(message, pool, settler), reconnectedAt }
        if (spans) spans.process(message, queue, delivery, onDelivery)
        else onDelivery(delivery)
      })
      if (canceled) await stop()
      else stopConsuming = stop
    },
  }
}

const toDelivery = (message: ConsumeMessage, pool: string, settler: Settler): Delivery => {
  settler.received(message.fields.deliveryTag)
  return {
    message: decodeMessage(message.content),
    body: message.content,
    pool,
    replyTo: isReplyQueue(message.properties.replyTo) ? message.properties.replyTo : undefined,
    redelivered: message.fields.redelivered,
    receivedAt: Date.now(),
    ack: () => settler.ack(message),
    handBack: () => settler.handBack(message),
  }
}
