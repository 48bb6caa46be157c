import { type ChannelModel, connect } from 'amqplib'
import { AppError, UnavailableError } from '../domain/errors.ts'
import { addressesOf, socketOptions } from './addresses.ts'
import { watch } from './closing.ts'
import { declare } from './mend-topology.ts'

/** One connection that does not come back, for a command. @throws UnavailableError when no node of the broker answers */
export const connectToAny = async (urls: string): Promise<ChannelModel> => {
  let last: unknown
  for (const address of addressesOf(urls)) {
    try {
      return await connect(address, socketOptions)
    } catch (error) {
      last = error
    }
  }
  throw new UnavailableError('rabbitmq', last)
}

/**
 * Make exchanges, queues and bindings for these pools, once, at set-up.
 * @throws UnavailableError, TopologyMismatchError
 */
export const setUpBroker = async (url: string, pools: readonly string[]): Promise<void> => {
  const model = await connectToAny(url)
  model.on('error', () => {})
  try {
    await declare(model, pools)
  } catch (error) {
    throw error instanceof AppError ? error : new UnavailableError('rabbitmq', error)
  } finally {
    await watch(model).end()
  }
}
