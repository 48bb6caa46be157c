import type { ChannelModel } from 'amqplib'
import { UnavailableError, UnroutableError } from '../domain/errors.ts'
import type { DeadLetters } from '../ports/dead-letters.ts'
import type { JobQueue, Publish } from '../ports/job-queue.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { Tracer } from '../ports/tracer.ts'
import { type BrokerSpans, createBrokerSpans, type Sending } from './broker-spans.ts'
import { closeChannel } from './closing.ts'
import { encode } from './codec.ts'
import { createCompletions } from './completions.ts'
import { createControl } from './control.ts'
import { createDeadLetters } from './dead-letters.ts'
import { type Link, openLink } from './link.ts'
import { createMender, type Mending } from './mend-topology.ts'
import { createPublisher, type Publisher } from './publisher.ts'
import { createSubscription, type Subscription } from './subscription.ts'
import { DEAD_EXCHANGE, JOBS_EXCHANGE, queueName, retryDelayMs, retryExchange } from './topology.ts'

export interface BrokerOptions {
  readonly url: string | (() => string)
  readonly log: Logger
  readonly metrics: Metrics
  /** what to do when the broker has lost its queues; without it that is left to whoever has it */
  readonly mending?: Omit<Mending, 'log'> | undefined
  /** undefined = nothing that comes or goes is recorded */
  readonly tracer?: Tracer | undefined
}

/** Spans of this connection, where there are any. */
export const spansOf = ({ url, tracer }: Pick<BrokerOptions, 'url' | 'tracer'>): BrokerSpans | undefined =>
  tracer && createBrokerSpans(tracer, typeof url === 'string' ? url : url())

/** What is opened on the connections after every (re)connect. */
interface Parts {
  readonly publisher: Publisher
  readonly control: ReturnType<typeof createControl>
  readonly mender: ReturnType<typeof createMender>
  readonly subscriptions: Subscription[]
  readonly spans: BrokerSpans | undefined
}

/** Of two connections that are opened at once none stays behind when the other cannot be made. */
const bothOrNone = async (opening: [Promise<Link>, Promise<Link>]): Promise<[Link, Link]> => {
  try {
    return await Promise.all(opening)
  } catch (error) {
    for (const link of await Promise.allSettled(opening)) if (link.status === 'fulfilled') await link.value.close()
    throw error
  }
}

const openLinks = (
  { url, log, metrics }: BrokerOptions,
  { publisher, control, mender, subscriptions }: Parts,
): Promise<[Link, Link]> =>
  bothOrNone([
    openLink({
      url,
      log,
      metrics,
      name: 'publish',
      setUp: async (model, reset) => {
        await mender.connected(model)
        await publisher.attach(model, reset)
      },
    }),
    openLink({
      url,
      log,
      metrics,
      name: 'consume',
      setUp: async (model, reset) => {
        await mender.connected(model)
        for (const subscription of subscriptions) await subscription.attach(model, reset)
        await control.attach(model)
      },
    }),
  ])

/** @throws UnavailableError while there is no connection */
const modelOf = (link: Link): ChannelModel => {
  const model = link.model()
  if (!model) throw new UnavailableError('rabbitmq', new Error('not connected'))
  return model
}

type Parent = Sending['parent']

/** The span of the delivery in hand, where it is recorded. */
const recordedBy = (spans: BrokerSpans | undefined): Parent => {
  const span = spans?.active()
  return span?.recorded ? span : undefined
}

const sending = (
  out: Link,
  { publisher, mender, spans }: Parts,
): Pick<JobQueue, 'publish' | 'retry' | 'deadLetter'> => {
  /** @param parent of the span of its own */
  const publish = async (exchange: string, { message, pool, replyTo }: Publish, parent = message.trace as Parent) => {
    const properties = { contentType: 'application/json', ...(replyTo === undefined ? {} : { replyTo }) }
    const routingKey = queueName(pool, message.lane)
    const body = encode(message)
    try {
      if (!spans) return await publisher.publish(exchange, routingKey, body, properties)
      await spans.publish({ exchange, routingKey, jobId: message.id, parent }, (headers) =>
        publisher.publish(exchange, routingKey, body, { ...properties, headers }),
      )
    } catch (error) {
      if (error instanceof UnroutableError) await mender.foundNoQueue(out.model())
      throw error
    }
  }

  return {
    // Whose turn has come is published by whoever sees it: not as part of what that process does, but of the job's request.
    publish: (one) => publish(JOBS_EXCHANGE, one),
    retry: (one, attempt) => publish(retryExchange(retryDelayMs(attempt)), one, recordedBy(spans) ?? one.message.trace),
    async deadLetter({ pool, body, message }, reason) {
      const facts = { 'x-muster-reason': reason, 'x-muster-pool': pool, 'x-muster-at': new Date().toISOString() }
      const send = (headers: Readonly<Record<string, string>>) =>
        publisher.publish(DEAD_EXCHANGE, pool, body, { headers: { ...facts, ...headers } })
      if (!spans) return send({})
      const sending = { exchange: DEAD_EXCHANGE, routingKey: pool, jobId: message?.id }
      await spans.publish({ ...sending, parent: recordedBy(spans) ?? message?.trace }, send)
    },
  }
}

const depthOf = async (model: ChannelModel, queue: string) => {
  try {
    // A channel of its own: a missing queue closes it, and must not take the publisher's with it.
    const channel = await model.createChannel()
    channel.on('error', () => {})
    const { messageCount, consumerCount } = await channel.checkQueue(queue)
    await closeChannel(channel)
    return { readyCount: messageCount, consumerCount }
  } catch (error) {
    throw new UnavailableError('rabbitmq', error)
  }
}

/**
 * Jobs through RabbitMQ. Publishing and consuming use separate connections: an alarm in the broker stops the reading of
 * a connection that publishes, and acks must still get through.
 * @throws UnavailableError when the broker cannot be reached at start
 * @throws TopologyMismatchError when a queue of the pools to mend has other arguments than ours
 */
export const openJobQueue = async (
  options: BrokerOptions,
): Promise<JobQueue & { readonly deadLetters: DeadLetters; close(): Promise<void> }> => {
  const { log, mending } = options
  const publisher = createPublisher()
  const control = createControl(log)
  const subscriptions: Subscription[] = []
  const spans = spansOf(options)
  const parts = { publisher, control, subscriptions, spans, mender: createMender(mending && { ...mending, log }) }
  const [out, inward] = await openLinks(options, parts)
  const complete = createCompletions((queue, body) => publisher.send(queue, body))

  return {
    ...sending(out, parts),
    complete: spans ? (queue, completion) => complete(queue, spans.reply(queue, completion)) : complete,
    signal: (jobId) => control.signal(out.model(), jobId),
    onSignal: (listener) => control.listen(inward.model(), listener),
    async consume(pool, lane, prefetch, onDelivery) {
      const subscription = createSubscription({ queue: queueName(pool, lane), pool, prefetch, onDelivery, spans })
      await subscription.attach(modelOf(inward), inward.reset).catch((error: unknown) => {
        throw new UnavailableError('rabbitmq', error)
      })
      subscriptions.push(subscription)
      return subscription
    },
    // Not where anything is published: in an alarm the broker would not even read the question.
    depth: async (pool, lane) => depthOf(modelOf(inward), queueName(pool, lane)),
    deadLetters: createDeadLetters(() => (out.blocked() ? undefined : out.model()), { asking: () => inward.model() }),
    connectedMs: () => inward.connectedMs(),
    trouble: () => (!out.connected() ? 'disconnected' : out.blocked() ? 'blocked' : undefined),
    async close() {
      await inward.close()
      await out.close()
    },
  }
}
