import type { Channel, ChannelModel } from 'amqplib'
import { UnavailableError } from '../domain/errors.ts'
import type { BrokerSigns, QueueSigns } from '../ports/doctor.ts'
import { closeChannel, watch } from './closing.ts'
import { connectToAny } from './set-up.ts'
import { DEAD_QUEUE, topologyOf } from './topology.ts'

/** A question that is answered with an error closes its channel, so each has one of its own. */
const ask = async <T>(
  model: ChannelModel,
  question: (channel: Channel) => Promise<T>,
): Promise<T | { readonly refused: Error }> => {
  const channel = await model.createChannel()
  channel.on('error', () => {})
  try {
    return await question(channel)
  } catch (error) {
    if (typeof (error as { code?: unknown }).code !== 'number') throw error
    return { refused: error as Error }
  } finally {
    await closeChannel(channel)
  }
}

/** The broker's sentence without the client's words around it. */
const wordsOf = ({ message }: Error): string => /- (.+?)"?$/.exec(message)?.[1] ?? message

type Declared = ReturnType<typeof topologyOf>['queues'][number]

/** Asked first whether it is there: to declare what is there changes nothing, and tells what is different. */
const lookAt = async (model: ChannelModel, { name, arguments: args }: Declared): Promise<QueueSigns> => {
  const there = await ask(model, (channel) => channel.checkQueue(name))
  if ('refused' in there) return { name, problem: 'missing', readyCount: 0, consumerCount: 0 }
  const { messageCount: readyCount, consumerCount } = there
  const same = await ask(model, (channel) => channel.assertQueue(name, { durable: true, arguments: args }))
  return { name, readyCount, consumerCount, ...('refused' in same && { problem: wordsOf(same.refused) }) }
}

const lookAtExchange = async (model: ChannelModel, name: string, type: string): Promise<QueueSigns> => {
  const none = { name, readyCount: 0, consumerCount: 0 }
  const there = await ask(model, (channel) => channel.checkExchange(name))
  if ('refused' in there) return { ...none, problem: 'missing' }
  const same = await ask(model, (channel) => channel.assertExchange(name, type, { durable: true }))
  return 'refused' in same ? { ...none, problem: wordsOf(same.refused) } : none
}

const versionOf = (model: ChannelModel): string => {
  const { version } = (model.connection as unknown as { serverProperties: { version?: unknown } }).serverProperties
  return typeof version === 'string' ? version : 'unknown'
}

/**
 * Look at everything of ours in the broker, changing nothing.
 * @throws UnavailableError
 */
export const probeBroker = async (url: string, pools: readonly string[]): Promise<BrokerSigns> => {
  const model = await connectToAny(url)
  model.on('error', () => {})
  try {
    const { exchanges, queues } = topologyOf(pools)
    const signs: QueueSigns[] = []
    for (const { name, type } of exchanges) {
      const sign = await lookAtExchange(model, name, type)
      if (sign.problem !== undefined) signs.push(sign)
    }
    for (const queue of queues) signs.push(await lookAt(model, queue))
    const deadCount = signs.find(({ name }) => name === DEAD_QUEUE)?.readyCount ?? 0
    return { version: versionOf(model), queues: signs, deadCount }
  } catch (error) {
    throw error instanceof UnavailableError ? error : new UnavailableError('rabbitmq', error)
  } finally {
    await watch(model).end()
  }
}
