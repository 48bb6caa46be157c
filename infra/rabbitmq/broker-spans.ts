import type { ConsumeMessage } from 'amqplib'
import type { Completion } from '../domain/message.ts'
import { type TraceContext, traceContextOf, traceIdOf } from '../domain/trace-context.ts'
import type { Delivery } from '../ports/job-queue.ts'
import type { Span, SpanAttributes, Tracer } from '../ports/tracer.ts'
import { errorTypeOf } from '../runtime/in-span.ts'
import { addressesOf } from './addresses.ts'

/** Reply queues have the name of their process in them: too many to tell apart by. */
const REPLY_TEMPLATE = 'muster.reply.{instance}'

/**
 * Where a message goes, or came from: what is empty is left out, what is the same stands once.
 * @source OpenTelemetry semantic conventions for RabbitMQ, `messaging.destination.name`
 */
export const destinationOf = (exchange: string, routingKey: string, queue = ''): string =>
  [...new Set([exchange, routingKey, queue])].filter((part) => part !== '').join(':') || 'amq.default'

/** One message on its way out. */
export interface Sending {
  readonly exchange: string
  readonly routingKey: string
  /** undefined = it is about no job that can be told */
  readonly jobId: string | undefined
  /** what it is a part of; undefined = of nothing that is recorded */
  readonly parent: Span | TraceContext | undefined
}

/** Spans around what goes to and comes from the broker. Consumers are linked to senders, never under them. */
export interface BrokerSpans {
  /** the span under way */
  active(): Span | undefined
  /** @param send publishes with these headers, which tell the consumer where the message comes from */
  publish(sending: Sending, send: (headers: Readonly<Record<string, string>>) => Promise<void>): Promise<void>
  /** the completion, with where it was sent from */
  reply(queue: string, completion: Completion): Completion
  /** Hand a completion over as part of the request that waits for it. @param parent of that request */
  replied(queue: string, completion: Completion, parent: Span | undefined, handle: () => void): void
  /** Hand a delivery over as part of a span that ends when it is settled. */
  process(message: ConsumeMessage, queue: string, delivery: Delivery, handle: (delivery: Delivery) => void): void
}

/** The name of the only broker there is; of a cluster each connection may have another. */
const serverOf = (urls: string): SpanAttributes => {
  const [{ hostname = '', port = 0 }, ...others] = addressesOf(urls)
  return others.length > 0 ? {} : { 'server.address': hostname, 'server.port': port }
}

const headersOf = ({ traceparent, tracestate }: TraceContext): Readonly<Record<string, string>> => ({
  traceparent,
  ...(tracestate !== undefined && { tracestate }),
})

const replyOf = (queue: string, { id }: Completion): SpanAttributes => ({
  'messaging.destination.name': queue,
  'messaging.destination.template': REPLY_TEMPLATE,
  'messaging.destination.temporary': true,
  'messaging.rabbitmq.destination.routing_key': queue,
  'messaging.message.conversation_id': id,
})

/** What all of these spans are made with. */
interface Kit {
  readonly tracer: Tracer
  /** what every span of one operation says */
  readonly operation: (name: string, type: string) => SpanAttributes
}

const sendingSpans = ({ tracer, operation }: Kit): Pick<BrokerSpans, 'publish' | 'reply'> => ({
  async publish({ exchange, routingKey, jobId, parent }, send) {
    const destination = destinationOf(exchange, routingKey)
    const attributes = {
      ...operation('publish', 'send'),
      'messaging.destination.name': destination,
      'messaging.rabbitmq.destination.routing_key': routingKey,
      ...(jobId !== undefined && { 'messaging.message.conversation_id': jobId }),
    }
    const span = tracer.begin(`publish ${destination}`, { kind: 'producer', parent: parent ?? 'none', attributes })
    try {
      await send(headersOf(span.context))
    } catch (error) {
      span.fail(errorTypeOf(error))
      throw error
    } finally {
      span.end()
    }
  },
  reply(queue, completion) {
    if (!tracer.active()?.recorded) return completion
    const attributes = { ...operation('publish', 'send'), ...replyOf(queue, completion) }
    const span = tracer.begin(`publish ${REPLY_TEMPLATE}`, { kind: 'producer', attributes })
    span.end()
    return { ...completion, trace: span.context }
  },
})

/** What a message was sent as part of: how it came here, and after a retry its request too, which is another trace then. */
const linksOf = ({ properties }: ConsumeMessage, { message }: Delivery): readonly TraceContext[] => {
  const { traceparent, tracestate } = (properties.headers ?? {}) as Readonly<Record<string, unknown>>
  // A process without traces publishes without headers; what it publishes may still tell of its request.
  const sent = traceContextOf(traceparent, tracestate) ?? message?.trace
  const request = message?.trace
  if (!sent) return []
  return request && traceIdOf(request) !== traceIdOf(sent) ? [sent, request] : [sent]
}

const beginProcess = ({ tracer, operation }: Kit, of: SpanAttributes, message: ConsumeMessage, delivery: Delivery) => {
  const links = linksOf(message, delivery)
  return tracer.begin(`process ${of['messaging.destination.name']}`, {
    kind: 'consumer',
    parent: 'none',
    recordedAs: links[0],
    links,
    attributes: {
      ...operation('process', 'process'),
      ...of,
      'muster.redelivered': delivery.redelivered,
      ...(delivery.message && { 'muster.task': delivery.message.task, 'muster.lane': delivery.message.lane }),
    },
  })
}

const receivingSpans = (kit: Kit): Pick<BrokerSpans, 'replied' | 'process'> => {
  const { tracer, operation } = kit
  const settling = (name: 'ack' | 'nack', span: Span, of: SpanAttributes, settle: () => void) => () => {
    const attributes = { ...operation(name, 'settle'), ...of }
    const options = { kind: 'client', parent: span, attributes } as const
    const own = tracer.begin(`${name} ${of['messaging.destination.name']}`, options)
    settle()
    own.end()
    span.end()
  }

  return {
    replied(queue, completion, parent, handle) {
      if (!parent?.recorded) return handle()
      const attributes = { ...operation('process', 'process'), ...replyOf(queue, completion) }
      const links = completion.trace ? [completion.trace] : []
      const span = tracer.begin(`process ${REPLY_TEMPLATE}`, { kind: 'consumer', parent, links, attributes })
      tracer.within(span, handle)
      span.end()
    },
    process(message, queue, delivery, handle) {
      const { exchange, routingKey, deliveryTag } = message.fields
      const of = {
        'messaging.destination.name': destinationOf(exchange, routingKey, queue),
        'messaging.rabbitmq.destination.routing_key': routingKey,
        'messaging.rabbitmq.message.delivery_tag': deliveryTag,
        ...(delivery.message && { 'messaging.message.conversation_id': delivery.message.id }),
      }
      const span = beginProcess(kit, of, message, delivery)
      if (!span.recorded) return handle(delivery)
      const ack = settling('ack', span, of, () => delivery.ack())
      const handBack = settling('nack', span, of, () => delivery.handBack())
      tracer.within(span, () => handle({ ...delivery, ack, handBack }))
    },
  }
}

/** @param urls as RABBITMQ_URL has them, at the start */
export const createBrokerSpans = (tracer: Tracer, urls: string): BrokerSpans => {
  const common = { 'messaging.system': 'rabbitmq', ...serverOf(urls) }
  const operation = (name: string, type: string): SpanAttributes => ({
    ...common,
    'messaging.operation.name': name,
    'messaging.operation.type': type,
  })
  const kit = { tracer, operation }
  return { active: () => tracer.active(), ...sendingSpans(kit), ...receivingSpans(kit) }
}
