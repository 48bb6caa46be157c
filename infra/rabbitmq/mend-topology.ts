import type { Channel, ChannelModel } from 'amqplib'
import { AppError } from '../domain/errors.ts'
import type { Logger } from '../ports/logger.ts'
import { closeChannel } from './closing.ts'
import { declareTopology, topologyOf } from './topology.ts'

const [NOT_FOUND, PRECONDITION_FAILED] = [404, 406]

/** The broker holds an exchange or queue of ours with other arguments. */
export class TopologyMismatchError extends AppError {
  readonly code = 'TOPOLOGY_MISMATCH'
  readonly retryable = false
  constructor(cause: Error) {
    super(
      `the broker holds a queue of ours with other arguments: ${cause.message}. Empty it, delete it with ` +
        '`rabbitmqctl delete_queue`, then run `./muster migrate`',
      { cause },
    )
  }
}

/** What to do about a broker that has forgotten queues of ours. */
export interface Mending {
  readonly pools: readonly string[]
  /**
   * The broker has lost what it confirmed: note that before there are queues again, so that a crash in between is made
   * up for by the next process that finds them missing.
   */
  readonly onLost: () => Promise<void>
  readonly log: Logger
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code

/** A failed question closes its channel, so this has one of its own. */
const withChannel = async <T>(model: ChannelModel, work: (channel: Channel) => Promise<T>): Promise<T> => {
  const channel = await model.createChannel()
  channel.on('error', () => {})
  try {
    return await work(channel)
  } finally {
    await closeChannel(channel)
  }
}

const firstMissing = (model: ChannelModel, pools: readonly string[]): Promise<string | undefined> =>
  withChannel(model, async (channel) => {
    for (const { name } of topologyOf(pools).queues) {
      try {
        await channel.checkQueue(name)
      } catch (error) {
        if (codeOf(error) === NOT_FOUND && isGone(error)) return name
        throw error
      }
    }
    return undefined
  })

/** A queue whose node is down is answered with 404 too. It is not gone: it comes back with its node. */
const isGone = (error: unknown): boolean => /no queue/i.test((error as Error).message)

/**
 * Declare exchanges, queues and bindings, always with the same arguments.
 * @throws TopologyMismatchError when the broker has one of them with others
 */
export const declare = (model: ChannelModel, pools: readonly string[]): Promise<void> =>
  withChannel(model, (channel) => declareTopology(channel, pools)).catch((error: unknown) => {
    throw codeOf(error) === PRECONDITION_FAILED ? new TopologyMismatchError(error as Error) : error
  })

/** Sees to it that every queue of ours is there: whoever meets a broker without its disk first sets it up again. */
export interface Mender {
  /**
   * To be called after every (re)connect. The first time it also compares the arguments of what is there, so that a
   * deployment fails that would fail later.
   * @throws TopologyMismatchError, and what `onLost` throws
   */
  connected(model: ChannelModel): Promise<void>
  /** A message has found no queue. Never throws: its row is published again, now or when mending works. */
  foundNoQueue(model: ChannelModel | undefined): Promise<void>
}

const mend = async (model: ChannelModel, { pools, onLost, log }: Mending): Promise<void> => {
  const missing = await firstMissing(model, pools)
  if (missing === undefined) return
  log.error({ queue: missing }, 'the broker has lost queues of ours: they are declared and their jobs published again')
  await onLost()
  await declare(model, pools)
}

/** @param mending undefined = nothing is mended: whoever made the queues looks after them */
export const createMender = (mending: Mending | undefined): Mender => {
  let verified = false
  let underWay: Promise<void> | undefined
  return {
    async connected(model) {
      if (!mending) return
      await mend(model, mending)
      if (!verified) await declare(model, mending.pools)
      verified = true
    },
    async foundNoQueue(model) {
      if (!mending || !model) return
      // Once for all messages that meet it.
      underWay ??= mend(model, mending)
        .catch((error: unknown) => mending.log.warn({ error }, 'the queues could not be mended'))
        .finally(() => {
          underWay = undefined
        })
      await underWay
    },
  }
}
