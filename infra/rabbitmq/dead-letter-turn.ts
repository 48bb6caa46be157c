import { setTimeout as pause } from 'node:timers/promises'
import type { Channel, ChannelModel } from 'amqplib'
import { UnavailableError } from '../domain/errors.ts'
import { closeChannel } from './closing.ts'

/**
 * Whoever has declared it has the turn: an exclusive queue is of one connection, and goes with it, so that a process that
 * dies keeps nobody waiting. Nothing is ever put in. Of the broker, not of the database: whoever reaches the letters reaches it.
 */
export const TURN_QUEUE = 'muster.dead.turn'

/** The reply code of a queue that is another connection's. @source AMQP 0-9-1, section 1.2, resource-locked */
const RESOURCE_LOCKED = 405
/** A look takes some milliseconds, trying a thousand letters again some seconds. */
const ASK_AGAIN_MS = 60
const PATIENCE_MS = 15_000

const isLocked = (error: unknown): boolean => (error as { readonly code?: unknown }).code === RESOURCE_LOCKED

/** @returns undefined = another connection has the turn */
const take = async (connection: ChannelModel): Promise<Channel | undefined> => {
  const channel = await connection.createChannel()
  channel.on('error', () => {})
  try {
    await channel.assertQueue(TURN_QUEUE, { exclusive: true, durable: false })
    return channel
  } catch (error) {
    await closeChannel(channel)
    if (isLocked(error)) return undefined
    throw error
  }
}

const wait = async (connection: ChannelModel, patienceMs: number): Promise<Channel> => {
  const until = performance.now() + patienceMs
  for (;;) {
    const channel = await take(connection).catch((error: unknown) => {
      throw new UnavailableError('rabbitmq', error)
    })
    if (channel) return channel
    if (performance.now() > until)
      throw new UnavailableError('rabbitmq', new Error('somebody else has the dead letters in hand for long'))
    // Not in step with others who wait.
    await pause(ASK_AGAIN_MS * (0.5 + Math.random()))
  }
}

const giveBack = async (channel: Channel): Promise<void> => {
  // It goes with the connection too.
  await channel.deleteQueue(TURN_QUEUE).catch(() => {})
  await closeChannel(channel)
}

/** Does the work while nobody else looks at the letters. @throws UnavailableError when that does not come about */
export type InTurn = <T>(connection: ChannelModel, work: () => Promise<T>) => Promise<T>

/**
 * Turns at the dead letters, over all processes: one that looks holds them all, and whoever counted meanwhile would count
 * too few. To the broker a connection is one, so those who share one queue up here first.
 */
export const createTurns = (patienceMs = PATIENCE_MS): InTurn => {
  let last: Promise<unknown> = Promise.resolve()
  return (connection, work) => {
    const done = last.then(async () => {
      const channel = await wait(connection, patienceMs)
      try {
        return await work()
      } finally {
        await giveBack(channel)
      }
    })
    last = done.catch(() => {})
    return done
  }
}
