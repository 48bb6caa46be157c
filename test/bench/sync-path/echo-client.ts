import { connect } from 'amqplib'
import { serveParent } from '../child.ts'
import { measure } from '../latency.ts'

/** The near side of the bare RPC echo: publish, wait for the reply on a queue of its own. */
const model = await connect(process.env.RABBITMQ_URL as string, { noDelay: true })
const channel = await model.createChannel()
const { queue: replyTo } = await channel.assertQueue('', { exclusive: true })
const waiting = new Map<string, () => void>()
await channel.consume(
  replyTo,
  (message) => {
    const id = message?.properties.correlationId as string
    waiting.get(id)?.()
    waiting.delete(id)
  },
  { noAck: true },
)
let sequence = 0
const body = Buffer.from('{"task":"no-op"}')

serveParent((load: Parameters<typeof measure>[1]) =>
  measure(
    () =>
      new Promise<void>((resolve) => {
        sequence += 1
        const correlationId = String(sequence)
        waiting.set(correlationId, resolve)
        channel.sendToQueue('bench.echo', body, { replyTo, correlationId })
      }),
    load,
  ),
)
