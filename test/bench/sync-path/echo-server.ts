import { connect } from 'amqplib'
import { serveParent } from '../child.ts'

/** The far side of the bare RPC echo: no row, no HTTP, no promise kept. The limit Muster is compared with. */
const model = await connect(process.env.RABBITMQ_URL as string, { noDelay: true })
const channel = await model.createChannel()
await channel.assertQueue('bench.echo', { durable: false, autoDelete: true })
await channel.consume(
  'bench.echo',
  (message) => {
    if (!message) return
    const { replyTo, correlationId } = message.properties
    channel.sendToQueue(replyTo, message.content, { correlationId })
  },
  { noAck: true },
)
serveParent()
