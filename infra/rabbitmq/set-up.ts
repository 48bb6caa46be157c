import { connect } from 'amqplib'
import { AppError, UnavailableError } from '../domain/errors.ts'
import { socketOptions, withHeartbeat } from './link.ts'
import { declareTopology } from './topology.ts'

/** The broker holds an exchange or queue of ours with other arguments. */
export class TopologyMismatchError extends AppError {
  readonly code = 'TOPOLOGY_MISMATCH'
  readonly retryable = false
  constructor(cause: Error) {
    super(`the broker holds a queue of ours with other arguments: ${cause.message}`, { cause })
  }
}

const PRECONDITION_FAILED = 406

/**
 * Make exchanges, queues and bindings for these pools, once, at set-up.
 * @throws UnavailableError, TopologyMismatchError
 */
export const setUpBroker = async (url: string, pools: readonly string[]): Promise<void> => {
  const model = await connect(withHeartbeat(url), socketOptions).catch((error: unknown) => {
    throw new UnavailableError('rabbitmq', error)
  })
  model.on('error', () => {})
  try {
    const channel = await model.createChannel()
    channel.on('error', () => {})
    await declareTopology(channel, pools)
  } catch (error) {
    const { code } = error as { code?: number }
    throw code === PRECONDITION_FAILED
      ? new TopologyMismatchError(error as Error)
      : new UnavailableError('rabbitmq', error)
  } finally {
    await model.close().catch(() => {})
  }
}
