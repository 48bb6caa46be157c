import type { Channel } from 'amqplib'
import { LANES, type Lane } from '../domain/task.ts'

/** Messages kept by a queue before the broker refuses more: a safety net, admission control comes long before. */
const MAX_MESSAGES = 500_000
/**
 * Hand-outs after which the broker itself gives a message up. Attempts are counted in Postgres; this only stops a
 * message that no worker ever gets to count, and leaves room for hand-backs at every drain.
 */
const DELIVERY_LIMIT = 100

/** Waiting times before another attempt, in ms. The last one serves every later attempt. */
export const RETRY_DELAYS_MS = [1_000, 4_000, 15_000] as const

export const JOBS_EXCHANGE = 'muster.jobs'
export const DEAD_EXCHANGE = 'muster.dead'
export const DEAD_QUEUE = 'muster.dead'
/** Signals to every worker; each has a queue of its own, which goes with its connection. */
export const CONTROL_EXCHANGE = 'muster.control'

/** Where one api instance is told of its jobs. @param instance unique name of the process */
export const replyQueueName = (instance: string): string => `muster.reply.${instance}`
const REPLY_QUEUE = /^muster\.reply\.[\w.-]{1,200}$/
/** May a completion go there? A message that names another queue would have a worker write where its sender may not. */
export const isReplyQueue = (name: unknown): name is string => typeof name === 'string' && REPLY_QUEUE.test(name)

/** A pool's two queues; the name is the routing key too. */
export const queueName = (pool: string, lane: Lane): string => `${pool}.${lane}`
export const retryExchange = (delayMs: number): string => `muster.retry.${delayMs}ms`
/** @param attempt starts so far */
export const retryDelayMs = (attempt: number): number =>
  RETRY_DELAYS_MS[Math.min(Math.max(attempt, 1), RETRY_DELAYS_MS.length) - 1] as number

interface Topology {
  readonly exchanges: readonly { readonly name: string; readonly type: 'direct' | 'fanout' }[]
  readonly queues: readonly { readonly name: string; readonly arguments: Readonly<Record<string, unknown>> }[]
  readonly bindings: readonly { readonly queue: string; readonly exchange: string; readonly routingKey: string }[]
}

const bounded = { 'x-queue-type': 'quorum', 'x-overflow': 'reject-publish', 'x-max-length': MAX_MESSAGES }

/** Everything Muster declares in the broker. Changed arguments need a new name: a broker never changes a queue. */
export const topologyOf = (pools: readonly string[]): Topology => {
  const lanes = pools.flatMap((pool) => LANES.map((lane) => queueName(pool, lane)))
  const retries = RETRY_DELAYS_MS.map((delayMs) => ({ name: retryExchange(delayMs), delayMs }))
  return {
    exchanges: [
      { name: JOBS_EXCHANGE, type: 'direct' },
      { name: DEAD_EXCHANGE, type: 'fanout' },
      { name: CONTROL_EXCHANGE, type: 'fanout' },
      ...retries.map(({ name }) => ({ name, type: 'fanout' as const })),
    ],
    queues: [
      ...lanes.map((name) => ({
        name,
        arguments: { ...bounded, 'x-dead-letter-exchange': DEAD_EXCHANGE, 'x-delivery-limit': DELIVERY_LIMIT },
      })),
      // Waits in one queue a delay, then goes back under its own routing key. Confirmed hand-over: nothing is lost there.
      ...retries.map(({ name, delayMs }) => ({
        name,
        arguments: {
          ...bounded,
          'x-message-ttl': delayMs,
          'x-dead-letter-exchange': JOBS_EXCHANGE,
          'x-dead-letter-strategy': 'at-least-once',
        },
      })),
      { name: DEAD_QUEUE, arguments: { 'x-queue-type': 'quorum' } },
    ],
    bindings: [
      ...lanes.map((name) => ({ queue: name, exchange: JOBS_EXCHANGE, routingKey: name })),
      ...retries.map(({ name }) => ({ queue: name, exchange: name, routingKey: '' })),
      { queue: DEAD_QUEUE, exchange: DEAD_EXCHANGE, routingKey: '' },
    ],
  }
}

/**
 * Declare it all. Done at set-up, never on the way of a request: a broker killed within a tenth of a second of a quorum
 * queue's declaration loses what it confirmed (measured on 3.10).
 * @throws the broker's 406 when something exists with other arguments
 */
export const declareTopology = async (channel: Channel, pools: readonly string[]): Promise<void> => {
  const { exchanges, queues, bindings } = topologyOf(pools)
  for (const { name, type } of exchanges) await channel.assertExchange(name, type, { durable: true })
  for (const { name, arguments: args } of queues) await channel.assertQueue(name, { durable: true, arguments: args })
  for (const { queue, exchange, routingKey } of bindings) await channel.bindQueue(queue, exchange, routingKey)
}

/** Declare the exchange of signals alone. Costs the broker nothing where it exists. */
export const declareControl = async (channel: Channel): Promise<void> => {
  await channel.assertExchange(CONTROL_EXCHANGE, 'fanout', { durable: true })
}
