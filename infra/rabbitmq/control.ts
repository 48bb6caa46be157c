import { randomUUID } from 'node:crypto'
import type { Channel, ChannelModel } from 'amqplib'
import type { Logger } from '../ports/logger.ts'
import { decodeSignal, encode } from './codec.ts'
import { CONTROL_EXCHANGE, declareControl } from './topology.ts'

/** A broker that does not let us listen is asked again this often; until then renewals tell what signals would. */
const LISTEN_AGAIN_MS = 5_000

/**
 * Signals to every process that listens, through one fanout exchange. Nothing here may take a connection down: a signal
 * only brings forward what a worker learns by itself, so whatever fails is left at that. Both sides declare the exchange,
 * because a process may be newer than the broker's set-up.
 */
export interface Control {
  /** to be called after every (re)connect of the connection that consumes */
  attach(model: ChannelModel): Promise<void>
  listen(model: ChannelModel | undefined, onSignal: (jobId: string) => void): Promise<void>
  /** fire and forget */
  signal(model: ChannelModel | undefined, jobId: string): void
}

/** One channel a connection, opened when the first signal needs it and again when it has closed. */
const createSender = () => {
  const channels = new WeakMap<ChannelModel, Promise<Channel>>()
  const open = async (model: ChannelModel): Promise<Channel> => {
    const channel = await model.createChannel()
    channel.on('error', () => {})
    channel.on('close', () => channels.delete(model))
    await declareControl(channel)
    return channel
  }
  return async (model: ChannelModel, body: Buffer): Promise<void> => {
    const opened = channels.get(model) ?? open(model)
    channels.set(model, opened)
    try {
      const channel = await opened
      channel.publish(CONTROL_EXCHANGE, '', body, { persistent: false })
    } catch {
      channels.delete(model)
    }
  }
}

/** @param log told when this process cannot listen */
export const createControl = (log: Logger): Control => {
  const listeners: ((jobId: string) => void)[] = []
  const send = createSender()
  let current: ChannelModel | undefined

  const consume = async (model: ChannelModel): Promise<void> => {
    const channel = await model.createChannel()
    const again = () => setTimeout(() => void attach(model), LISTEN_AGAIN_MS).unref()
    channel.on('error', (error) => log.warn({ error }, 'signals cannot be heard'))
    channel.on('close', again)
    await declareControl(channel)
    // A name of its own each time: the broker may still hold the queue of a connection it has not seen end.
    const { queue } = await channel.assertQueue(`muster.control.${randomUUID()}`, { exclusive: true, autoDelete: true })
    await channel.bindQueue(queue, CONTROL_EXCHANGE, '')
    const onMessage = (content: Buffer) => {
      const jobId = decodeSignal(content)
      if (jobId !== undefined) for (const listener of listeners) listener(jobId)
    }
    // Without a message the broker has canceled the consumer: closing brings a new one.
    await channel.consume(queue, (message) => (message ? onMessage(message.content) : void channel.close()), {
      noAck: true,
    })
  }

  const attach = async (model: ChannelModel): Promise<void> => {
    if (listeners.length === 0 || model !== current) return
    await consume(model).catch((error: unknown) => log.warn({ error }, 'signals cannot be heard'))
  }

  return {
    attach(model) {
      current = model
      return attach(model)
    },
    async listen(model, onSignal) {
      listeners.push(onSignal)
      if (listeners.length > 1 || !model) return
      current = model
      await attach(model)
    },
    signal(model, jobId) {
      if (model) void send(model, encode({ id: jobId }))
    },
  }
}
