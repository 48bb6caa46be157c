import { connect } from 'amqplib'
import { MESSAGE_VERSION } from '../../infra/domain/message.ts'
import { DEAD_EXCHANGE, JOBS_EXCHANGE, queueName } from '../../infra/rabbitmq/topology.ts'
import { type ChaosStack, POOL } from './stack.ts'

interface Pointer {
  readonly id: string
  readonly tenant: string
  readonly v?: number
}

const publish = async (
  stack: ChaosStack,
  exchange: string,
  routingKey: string,
  { id, tenant, v = MESSAGE_VERSION }: Pointer,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> => {
  const model = await connect(stack.servers.directUrl('rabbitmq'))
  try {
    const channel = await model.createConfirmChannel()
    const pointer = { v, id, task: 'liveness', tenant, lane: 'interactive', deadline: Date.now() + 60_000, attempt: 0 }
    channel.publish(exchange, routingKey, Buffer.from(JSON.stringify(pointer)), { persistent: true, headers })
    await channel.waitForConfirms()
  } finally {
    await model.close()
  }
}

/** A message that no api has sent, in front of the workers. @param pointer of a newer envelope with another `v` */
export const sendToWorkers = (stack: ChaosStack, pointer: Pointer): Promise<void> =>
  publish(stack, JOBS_EXCHANGE, queueName(POOL, 'interactive'), pointer)

/** A dead letter of this job. */
export const parkLetter = (stack: ChaosStack, id: string, tenant: string): Promise<void> => {
  const headers = { 'x-muster-reason': 'exhausted', 'x-muster-pool': POOL, 'x-muster-at': new Date().toISOString() }
  return publish(stack, DEAD_EXCHANGE, POOL, { id, tenant }, headers)
}
