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

const giveBack = async (channel: Channel): Promise<void> => {
  // It goes with the connection too.
  await channel.deleteQueue(TURN_QUEUE).catch(() => {})
  await closeChannel(channel)
}

/** @param late is given what comes all the same @throws UnavailableError when it has not come about by then */
const by = <T>(until: number, coming: Promise<T>, late: (value: T) => unknown = () => {}): Promise<T> =>
  new Promise((resolve, reject) => {
    let isOver = false
    const giveUp = () => {
      isOver = true
      reject(new UnavailableError('rabbitmq', new Error('somebody else has the dead letters in hand for long')))
    }
    const timer = setTimeout(giveUp, Math.max(0, until - performance.now()))
    const come = (value: T) => {
      clearTimeout(timer)
      if (isOver) late(value)
      else resolve(value)
    }
    coming.then(come, (error: unknown) => {
      clearTimeout(timer)
      reject(error)
    })
  })

/** A broker that reads nothing, as in an alarm, answers late: what it gives then is given back at once. */
const wait = async (connection: ChannelModel, until: number): Promise<Channel> => {
  for (;;) {
    const taken = take(connection).catch((error: unknown) => {
      throw new UnavailableError('rabbitmq', error)
    })
    const channel = await by(until, taken, (one) => one && giveBack(one))
    if (channel) return channel
    // Not in step with others who wait.
    await by(until, pause(ASK_AGAIN_MS * (0.5 + Math.random())))
  }
}

/**
 * Does the work while nobody else looks at the letters.
 * @throws UnavailableError when its turn does not come in time
 */
export type InTurn = <T>(connection: ChannelModel, work: () => Promise<T>) => Promise<T>

/**
 * Turns at the dead letters, over all processes: one that looks holds them all, and whoever counted meanwhile would count
 * too few. To the broker a connection is one, so those who share one queue up here first; whoever has waited too long, for
 * these or for others, goes.
 */
export const createTurns = (patienceMs = PATIENCE_MS): InTurn => {
  let last: Promise<unknown> = Promise.resolve()
  return async (connection, work) => {
    const until = performance.now() + patienceMs
    const [before, over] = [last, Promise.withResolvers<void>()]
    last = before.then(() => over.promise)
    try {
      await by(until, before)
      const channel = await wait(connection, until)
      try {
        return await work()
      } finally {
        await giveBack(channel)
      }
    } finally {
      over.resolve()
    }
  }
}
