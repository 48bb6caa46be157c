import type { ConsumeMessage } from 'amqplib'
import { describe, expect, it } from 'vitest'
import { UnroutableError } from '../../../../infra/domain/errors.ts'
import type { TraceContext } from '../../../../infra/domain/trace-context.ts'
import type { Delivery } from '../../../../infra/ports/job-queue.ts'
import { createBrokerSpans, destinationOf } from '../../../../infra/rabbitmq/broker-spans.ts'
import { createMemoryTracer } from '../../../fakes/tracer.ts'
import { aDelivery, messageOf } from '../../../fixtures/deliveries.ts'

const URL = 'amqp://user:secret@broker.example.com:5673/vhost'
const REQUEST: TraceContext = { traceparent: `00-${'a1'.repeat(16)}-${'b2'.repeat(8)}-01`, tracestate: 'x=1' }
const UNSAMPLED: TraceContext = { traceparent: `${REQUEST.traceparent.slice(0, -1)}0` }
const SENT: TraceContext = { traceparent: `00-${'c3'.repeat(16)}-${'d4'.repeat(8)}-01` }

const open = (url = URL, records = true) => {
  const { tracer, spans } = createMemoryTracer(() => records)
  return { tracer, spans, broker: createBrokerSpans(tracer, url) }
}
const sending = { exchange: 'muster.jobs', routingKey: 'ocr.bulk', jobId: 'j1' }

const aMessage = (headers: object = {}): ConsumeMessage =>
  ({
    properties: { headers },
    fields: { exchange: 'muster.jobs', routingKey: 'ocr.bulk', deliveryTag: 7, redelivered: false },
  }) as unknown as ConsumeMessage

describe('where a message goes', () => {
  it.each([
    ['muster.jobs', 'ocr.bulk', undefined, 'muster.jobs:ocr.bulk'],
    ['muster.jobs', 'ocr.bulk', 'ocr.bulk', 'muster.jobs:ocr.bulk'],
    ['muster.jobs', 'ocr.bulk', 'other', 'muster.jobs:ocr.bulk:other'],
    ['', 'muster.reply.1', '', 'muster.reply.1'],
    ['muster.dead', '', undefined, 'muster.dead'],
    ['', '', '', 'amq.default'],
  ])('exchange %j, routing key %j, queue %j: %s', (exchange, routingKey, queue, name) => {
    expect(destinationOf(exchange, routingKey, queue)).toBe(name)
  })
})

describe('publishing', () => {
  it('is part of the request that made the job, and says so in the headers', async () => {
    const { broker, spans } = open()
    const seen: object[] = []
    await broker.publish({ ...sending, parent: REQUEST }, async (headers) => void seen.push(headers))
    expect(spans).toMatchObject([{ kind: 'producer', parent: REQUEST.traceparent, error: undefined }])
    expect(seen).toEqual([spans[0]?.context])
    expect(spans[0]?.attributes).toMatchObject({ 'server.address': 'broker.example.com', 'server.port': 5673 })
    expect(JSON.stringify(spans)).not.toContain('secret')
  })

  it('sends on that nothing is recorded', async () => {
    const { broker, spans } = open()
    const seen: object[] = []
    await broker.publish({ ...sending, parent: UNSAMPLED }, async (headers) => void seen.push(headers))
    expect([spans, seen]).toEqual([[], [UNSAMPLED]])
  })

  it('fails with the code of its failure', async () => {
    const { broker, spans } = open()
    const failing = broker.publish({ ...sending, parent: REQUEST }, () =>
      Promise.reject(new UnroutableError('ocr.bulk')),
    )
    await expect(failing).rejects.toThrow(UnroutableError)
    expect(spans).toMatchObject([{ error: new UnroutableError('x').code }])
  })

  it('names no server of a cluster, as each connection may have another', async () => {
    const { broker, spans } = open(`${URL},amqp://two.example.com`)
    await broker.publish({ ...sending, parent: REQUEST }, async () => {})
    expect(Object.keys(spans[0]?.attributes ?? {})).not.toContain('server.address')
  })
})

describe('a delivery', () => {
  const process = (opened: ReturnType<typeof open>, headers: object, trace?: TraceContext) => {
    const { delivery, settled } = aDelivery({ ...messageOf(), ...(trace && { trace }) })
    let handled: Delivery | undefined
    let active = false
    opened.broker.process(aMessage(headers), 'ocr.bulk', delivery, (one) => {
      handled = one
      active = opened.tracer.active() !== undefined
    })
    return { handled: handled as unknown as Delivery, active, settled, delivery }
  }

  it('is linked to what sent it, never under it, and ends when it is settled', () => {
    const opened = open(URL, false)
    const { handled, active, settled } = process(opened, SENT)
    expect([active, opened.spans]).toEqual([true, []])
    handled.ack()
    expect(settled).toEqual(['acked'])
    const [ack, delivered] = opened.spans
    expect(delivered).toMatchObject({ kind: 'consumer', parent: undefined, links: [SENT] })
    expect(ack).toMatchObject({
      name: 'ack muster.jobs:ocr.bulk',
      kind: 'client',
      parent: delivered?.context.traceparent,
    })
    expect(ack?.attributes['messaging.rabbitmq.message.delivery_tag']).toBe(7)
  })

  it('that is handed back is settled, too', () => {
    const opened = open()
    process(opened, SENT).handled.handBack()
    expect(opened.spans.map(({ name }) => name)).toEqual(['nack muster.jobs:ocr.bulk', 'process muster.jobs:ocr.bulk'])
  })

  it.each([
    ['headers alone', SENT, undefined, [SENT]],
    ['the body alone', {}, REQUEST, [REQUEST]],
    [
      'both of one trace',
      { traceparent: REQUEST.traceparent.replace('b2b2', 'e5e5') },
      REQUEST,
      [{ traceparent: REQUEST.traceparent.replace('b2b2', 'e5e5') }],
    ],
    ['both of two traces', SENT, REQUEST, [SENT, REQUEST]],
    ['headers that say nothing', { traceparent: 'stranger', tracestate: 7 }, undefined, []],
  ])('finds its links in %s', (_where, headers, trace, links) => {
    const opened = open()
    process(opened, headers, trace).handled.ack()
    expect(opened.spans.at(-1)?.links).toEqual(links)
  })

  it('that is not recorded is handed over as it is', () => {
    const opened = open()
    const { handled, delivery, active } = process(opened, UNSAMPLED)
    expect(handled).toBe(delivery)
    expect(active).toBe(false)
  })
})

describe('a completion', () => {
  it('tells where it was sent from, and is processed as part of who waits for it', () => {
    const { broker, tracer, spans } = open()
    const job = tracer.begin('job')
    const sent = tracer.within(job, () => broker.reply('muster.reply.1', { id: 'j1', state: 'succeeded' }))
    const waiting = tracer.begin('wait')
    broker.replied('muster.reply.1', sent, waiting, () => expect(tracer.active()).toBeDefined())
    const [published, processed] = spans
    expect(sent.trace).toEqual(published?.context)
    expect(published).toMatchObject({ name: 'publish muster.reply.{instance}', parent: job.context.traceparent })
    expect(processed).toMatchObject({ kind: 'consumer', parent: waiting.context.traceparent, links: [sent.trace] })
  })

  it('of a job that is not recorded stays as it is', () => {
    const { broker, spans } = open()
    const completion = { id: 'j1', state: 'succeeded' } as const
    expect(broker.reply('muster.reply.1', completion)).toBe(completion)
    let handledCount = 0
    broker.replied('muster.reply.1', completion, undefined, () => {
      handledCount += 1
    })
    expect([handledCount, spans]).toEqual([1, []])
  })
})
