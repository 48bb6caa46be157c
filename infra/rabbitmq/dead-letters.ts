import { createHash } from 'node:crypto'
import type { ChannelModel, ConfirmChannel, GetMessage } from 'amqplib'
import { UnavailableError } from '../domain/errors.ts'
import type { DeadLetter, DeadLetters } from '../ports/dead-letters.ts'
import { closeChannel, watch } from './closing.ts'
import { decodeMessage } from './codec.ts'
import { createTurns, type InTurn } from './dead-letter-turn.ts'
import { connectToAny } from './set-up.ts'
import { DEAD_EXCHANGE, DEAD_QUEUE } from './topology.ts'

/**
 * From RabbitMQ 4.0 on a quorum queue drops a message that was handed back 20 times, where nothing else was declared. A
 * letter that was looked at this often is replaced by a copy, which begins at 0.
 */
const MAX_HAND_BACKS = 8
const REASONS = ['unreadable', 'exhausted', 'missing'] as const

type Headers = Readonly<Record<string, unknown>>

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** The broker's own note of where and when it gave a message up. */
const deathOf = (headers: Headers): { readonly queue?: unknown; readonly time?: { readonly value?: unknown } } => {
  const [death] = Array.isArray(headers['x-death']) ? headers['x-death'] : []
  return death ?? {}
}

const diedAtOf = (headers: Headers): number | undefined => {
  const at = Date.parse(textOf(headers['x-muster-at']) ?? '')
  if (Number.isFinite(at)) return at
  const seconds = deathOf(headers).time?.value
  return typeof seconds === 'number' ? seconds * 1000 : undefined
}

/** A dead letter from bytes and headers that anybody could have published. */
export const toDeadLetter = ({ content, properties }: Pick<GetMessage, 'content' | 'properties'>): DeadLetter => {
  const headers: Headers = properties.headers ?? {}
  const message = decodeMessage(content)
  const sum = createHash('sha256').update(content).digest('hex').slice(0, 12)
  return {
    id: message?.id ?? `x-${sum}`,
    job: message && { id: message.id, tenant: message.tenant, task: message.task, lane: message.lane },
    reason: REASONS.find((reason) => reason === headers['x-muster-reason']) ?? 'undelivered',
    pool: textOf(headers['x-muster-pool']) ?? textOf(deathOf(headers).queue)?.replace(/\.(interactive|bulk)$/, ''),
    diedAt: diedAtOf(headers),
    bytes: content.length,
  }
}

const withChannel = async <T>(connection: ChannelModel, work: (channel: ConfirmChannel) => Promise<T>): Promise<T> => {
  const channel = await connection.createConfirmChannel().catch((error: unknown) => {
    throw new UnavailableError('rabbitmq', error)
  })
  channel.on('error', () => {})
  try {
    return await work(channel)
  } finally {
    await closeChannel(channel)
  }
}

const take = async (channel: ConfirmChannel, limit: number): Promise<readonly GetMessage[]> => {
  const taken: GetMessage[] = []
  while (taken.length < limit) {
    const message = await channel.get(DEAD_QUEUE).catch((error: unknown) => {
      throw new UnavailableError('rabbitmq', error)
    })
    if (message === false) break
    taken.push(message)
  }
  return taken
}

/** A copy first, confirmed, then the ack: a crash between the two doubles a letter, which is harmless. */
const renew = async (channel: ConfirmChannel, message: GetMessage): Promise<void> => {
  const { headers = {}, contentType } = message.properties
  const { 'x-delivery-count': _, ...kept } = headers
  channel.publish(DEAD_EXCHANGE, '', message.content, { headers: kept, contentType, persistent: true })
  await channel.waitForConfirms()
  channel.ack(message)
}

/** What a channel holds goes back by itself when it closes, but some time later: until then nobody finds it. */
const handBack = (channel: ConfirmChannel, held: Iterable<GetMessage>): void => {
  try {
    for (const message of held) channel.nack(message, false, true)
  } catch {
    // The channel is closed already.
  }
}

const handBacksOf = ({ properties: { headers } }: GetMessage): number => Number(headers?.['x-delivery-count'] ?? 0)

/**
 * In an alarm the broker reads nothing more where something was published, a copy for example: what is under way there
 * comes to its end when the alarm does, and nobody waits for it.
 */
const unlessBlocked = <T>(connection: ChannelModel, work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const leave = () => reject(new UnavailableError('rabbitmq', new Error('the broker is in an alarm')))
    connection.once('blocked', leave)
    work.then(resolve, reject).finally(() => connection.off('blocked', leave))
  })

type Present = () => ChannelModel | undefined

/** More than a connection for whoever asks, and who else asks. */
export interface DeadLetterOptions {
  /** where letters are counted and turns are taken: nothing is published there, so that it answers in an alarm too */
  readonly asking?: Present
  readonly inTurn?: InTurn
}

const there = (model: Present): ChannelModel => {
  const connection = model()
  if (!connection) throw new UnavailableError('rabbitmq', new Error('not connected, or in an alarm'))
  return connection
}

/**
 * The dead letters in RabbitMQ. They are held unsettled while they are looked at, so that none is met twice; whoever else
 * wants to see or count them waits for that.
 * @param model the present connection; undefined while nothing can be published there
 */
export const createDeadLetters = (
  model: Present,
  { asking = model, inTurn = createTurns() }: DeadLetterOptions = {},
): DeadLetters => {
  const alone = async <T>(on: Present, work: (channel: ConfirmChannel) => Promise<T>): Promise<T> => {
    const connection = there(on)
    return unlessBlocked(
      connection,
      inTurn(there(asking), () => withChannel(connection, work)),
    )
  }
  const settle: DeadLetters['settle'] = (limit, decide) =>
    alone(model, async (channel) => {
      const held = new Set(await take(channel, limit))
      let removedCount = 0
      try {
        for (const message of held) {
          if ((await decide(toDeadLetter(message))) === 'remove') {
            channel.ack(message)
            removedCount += 1
          } else if (handBacksOf(message) >= MAX_HAND_BACKS) await renew(channel, message)
          else continue
          held.delete(message)
        }
        return removedCount
      } finally {
        handBack(channel, held)
      }
    })
  return {
    count: () =>
      alone(asking, async (channel) => {
        const { messageCount } = await channel.checkQueue(DEAD_QUEUE).catch((error: unknown) => {
          throw new UnavailableError('rabbitmq', error)
        })
        return messageCount
      }),
    async list(limit) {
      const letters: DeadLetter[] = []
      await settle(limit, async (letter) => {
        letters.push(letter)
        return 'keep'
      })
      return letters
    },
    settle,
  }
}

/** The dead letters over a connection of their own, for a command. @throws UnavailableError */
export const openDeadLetters = async (url: string): Promise<DeadLetters & { close(): Promise<void> }> => {
  const model = await connectToAny(url)
  model.on('error', () => {})
  return { ...createDeadLetters(() => model), close: () => watch(model).end() }
}
