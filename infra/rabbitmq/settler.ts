import type { Channel, ConsumeMessage } from 'amqplib'

/**
 * Acknowledges deliveries of one channel in as few frames as possible: once a turn of the event loop, everything up to
 * the first unsettled delivery with one `multiple` ack, the rest one by one.
 */
export interface Settler {
  /** note a delivery; in the order of its tags */
  received(tag: number): void
  ack(message: ConsumeMessage): void
  handBack(message: ConsumeMessage): void
}

export const createSettler = (channel: Channel): Settler => {
  /** tags handed out and not settled with the broker yet, in order; true = acked by us, not yet sent */
  const open = new Map<number, ConsumeMessage | undefined>()
  let scheduled = false

  const flush = () => {
    scheduled = false
    let last: ConsumeMessage | undefined
    for (const [tag, message] of open) {
      if (!message) break
      last = message
      open.delete(tag)
    }
    if (last) quietly(() => channel.ack(last, true))
    for (const [tag, message] of open) {
      if (!message) continue
      open.delete(tag)
      quietly(() => channel.ack(message))
    }
  }

  return {
    received(tag) {
      open.set(tag, undefined)
    },
    ack(message) {
      if (!open.has(message.fields.deliveryTag)) return
      open.set(message.fields.deliveryTag, message)
      if (scheduled) return
      scheduled = true
      setImmediate(flush)
    },
    handBack(message) {
      if (!open.delete(message.fields.deliveryTag)) return
      quietly(() => channel.nack(message, false, true))
    },
  }
}

/** On a closed channel the broker has already taken every unsettled delivery back: there is nothing left to say. */
const quietly = (settle: () => void): void => {
  try {
    settle()
  } catch {}
}
