import type { Channel, ChannelModel, ConfirmChannel, Options } from 'amqplib'
import { UnavailableError, UnroutableError } from '../domain/errors.ts'

/** A broker under a memory or disk alarm never answers: give up and let the reconciler publish later. */
const CONFIRM_DEADLINE_MS = 5_000

interface Pending {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
  readonly routingKey: string
  returned: boolean
  readonly timer: NodeJS.Timeout
}

/**
 * Publishes with confirm and mandatory on one channel. A confirm alone proves nothing about an unroutable message: the
 * broker returns it first and confirms it then.
 */
export interface Publisher {
  /** call after every (re)connect */
  attach(model: ChannelModel, onChannelGone: (reason: string) => void): Promise<void>
  /** @throws UnavailableError, UnroutableError */
  publish(exchange: string, routingKey: string, body: Buffer, options: Options.Publish): Promise<void>
  /** fire and forget, straight to a queue, not persistent */
  send(queue: string, body: Buffer): void
}

/** What waits for its confirm. */
const createConfirms = () => {
  let sequence = 0
  const pending = new Map<string, Pending>()

  const settle = (messageId: string, error?: Error): void => {
    const entry = pending.get(messageId)
    if (!entry) return
    pending.delete(messageId)
    clearTimeout(entry.timer)
    if (error) entry.reject(new UnavailableError('rabbitmq', error))
    else if (entry.returned) entry.reject(new UnroutableError(entry.routingKey))
    else entry.resolve()
  }

  return {
    settle,
    returned(messageId: string): void {
      const entry = pending.get(messageId)
      if (entry) entry.returned = true
    },
    loseAll(): void {
      for (const messageId of [...pending.keys()]) settle(messageId, new Error('channel closed before the confirm'))
    },
    /** @param send hands the message over under an id of its own */
    await: (routingKey: string, send: (messageId: string) => void): Promise<void> => {
      sequence += 1
      const messageId = String(sequence)
      return new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => settle(messageId, new Error('no confirm in time')), CONFIRM_DEADLINE_MS)
        pending.set(messageId, { resolve, reject, routingKey, returned: false, timer })
        try {
          send(messageId)
        } catch (error) {
          settle(messageId, error as Error)
        }
      })
    },
  }
}

/** Publishes on whatever connection it was attached to last. */
export const createPublisher = (): Publisher => {
  let confirmed: ConfirmChannel | undefined
  let loose: Channel | undefined
  const confirms = createConfirms()

  const detach = (channel: Channel, onGone: (reason: string) => void, reason: string) => {
    if (confirmed !== channel && loose !== channel) return
    confirmed = undefined
    loose = undefined
    confirms.loseAll()
    onGone(reason)
  }

  return {
    async attach(model, onChannelGone) {
      const [next, plain] = await Promise.all([model.createConfirmChannel(), model.createChannel()])
      next.on('return', (message) => confirms.returned(message.properties.messageId as string))
      for (const channel of [next, plain]) {
        channel.on('error', () => {})
        channel.on('close', () => detach(channel, onChannelGone, 'publish channel closed'))
      }
      confirmed = next
      loose = plain
    },
    publish(exchange, routingKey, body, options) {
      const channel = confirmed
      if (!channel) return Promise.reject(new UnavailableError('rabbitmq', new Error('not connected')))
      return confirms.await(routingKey, (messageId) =>
        channel.publish(
          exchange,
          routingKey,
          body,
          { ...options, persistent: true, mandatory: true, messageId },
          (error) => confirms.settle(messageId, error ? (error as Error) : undefined),
        ),
      )
    },
    send(queue, body) {
      try {
        loose?.sendToQueue(queue, body, { persistent: false })
      } catch {
        // The channel closed under us: whoever waits polls the row.
      }
    },
  }
}
