import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../fixtures/otlp-receiver.ts'
import { type Answer, openTracedStack, type Started } from './traced-stack.ts'

const WAIT = { timeout: 60_000, interval: 100 }
const STRANGER = { traceparent: `00-${'5a'.repeat(16)}-${'6b'.repeat(8)}-01`, tracestate: 'stranger=1' }

let status: number | undefined = 200
let receiver: OtlpReceiver
let stack: Awaited<ReturnType<typeof openTracedStack>>
let api: Awaited<ReturnType<typeof stack.startApi>>
let worker: Started

beforeAll(async () => {
  receiver = await startOtlpReceiver(() => status)
  stack = await openTracedStack(receiver.url)
  ;[api, worker] = await Promise.all([stack.startApi(), stack.startWorker(0)])
})
afterAll(async () => {
  await stack?.close()
  await receiver?.close()
})

/** The span of the request that was answered so. */
const requestOf = ({ requestId }: Answer): ReceivedSpan | undefined =>
  receiver.spans.find(({ attributes }) => attributes['muster.request.id'] === requestId)

const inTrace = (traceId: string | undefined): readonly ReceivedSpan[] =>
  receiver.spans.filter((span) => span.traceId === traceId)

/** Deliveries of a job, first to last. */
const deliveriesOf = ({ job }: Answer): readonly ReceivedSpan[] =>
  receiver.spans
    .filter(({ service, kind }) => service === 'muster-worker' && kind === 'consumer')
    .filter(({ attributes }) => attributes['messaging.message.conversation_id'] === job.id)
    .sort((a, b) => Number(a.start - b.start))

const named = (spans: readonly ReceivedSpan[], name: string | RegExp): ReceivedSpan => {
  const found = spans.filter((span) => (typeof name === 'string' ? span.name === name : name.test(span.name)))
  expect(found.map((span) => span.name)).toHaveLength(1)
  return found[0] as ReceivedSpan
}

const idsOf = ({ traceId, spanId }: ReceivedSpan) => ({ traceId, spanId })

/** Wait until everything that a check leaves has been received. */
const received = (answer: Answer, deliveryCount = 1) =>
  vi.waitFor(() => {
    const request = requestOf(answer)
    const deliveries = deliveriesOf(answer)
    expect(request).toBeDefined()
    expect(deliveries).toHaveLength(deliveryCount)
    return { request: request as ReceivedSpan, deliveries }
  }, WAIT)

describe('a check that is recorded', () => {
  let answer: Answer
  let request: ReceivedSpan
  let delivery: ReceivedSpan

  beforeAll(async () => {
    answer = await stack.check(api.url, STRANGER)
    expect(answer.job.status).toBe('succeeded')
    const seen = await received(answer)
    request = seen.request
    delivery = seen.deliveries[0] as ReceivedSpan
  })

  it('is one trace in the api, under a trace id of its own, linked to what the caller sent', () => {
    expect(request).toMatchObject({
      name: 'POST /v1/liveness',
      kind: 'server',
      service: 'muster-api',
      parentSpanId: undefined,
      links: [{ traceId: '5a'.repeat(16), spanId: '6b'.repeat(8) }],
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/v1/liveness',
        'http.response.status_code': 200,
        'url.path': '/v1/liveness',
        'url.scheme': 'http',
        'muster.job.id': answer.job.id,
        'muster.task': 'liveness',
      },
    })
    const parts = inTrace(request.traceId)
    for (const name of ['store', 'insert', 'wait']) expect(named(parts, name).parentSpanId).toBe(request.spanId)
    expect(named(parts, 'put').parentSpanId).toBe(named(parts, 'store').spanId)
  })

  it('goes to the broker in a producer span by the messaging conventions', () => {
    const lane = `${stack.pool}.interactive`
    const publish = named(inTrace(request.traceId), /^publish muster\.jobs/)
    expect(publish).toMatchObject({
      name: `publish muster.jobs:${lane}`,
      kind: 'producer',
      parentSpanId: request.spanId,
      attributes: {
        'messaging.system': 'rabbitmq',
        'messaging.operation.name': 'publish',
        'messaging.operation.type': 'send',
        'messaging.destination.name': `muster.jobs:${lane}`,
        'messaging.rabbitmq.destination.routing_key': lane,
        'messaging.message.conversation_id': answer.job.id,
        'server.address': expect.any(String),
        'server.port': expect.any(Number),
      },
    })
  })

  it('is another trace in the worker, linked to the message it came with', () => {
    const publish = named(inTrace(request.traceId), /^publish muster\.jobs/)
    expect(delivery).toMatchObject({
      name: `process muster.jobs:${stack.pool}.interactive`,
      parentSpanId: undefined,
      links: [idsOf(publish)],
      attributes: {
        'messaging.operation.name': 'process',
        'messaging.operation.type': 'process',
        'messaging.rabbitmq.message.delivery_tag': expect.any(Number),
        'muster.redelivered': false,
        'muster.claim': 'claimed',
        'muster.job.attempt': 1,
        'muster.job.state': 'succeeded',
      },
    })
    expect(delivery.traceId).not.toBe(request.traceId)
    const parts = inTrace(delivery.traceId)
    const steps = ['claim', 'fetch', 'decode', 'batch wait', 'infer', 'write', /^publish muster\.reply/, /^ack /]
    for (const step of steps) expect(named(parts, step).parentSpanId).toBe(delivery.spanId)
    expect(named(parts, /^ack /)).toMatchObject({
      kind: 'client',
      attributes: { 'messaging.operation.name': 'ack', 'messaging.operation.type': 'settle' },
    })
  })

  it('shares a batch, which is a trace of its own with links there and back', () => {
    const batch = receiver.spans.find(({ name, links }) => name === 'batch' && links[0]?.spanId === delivery.spanId)
    expect(batch).toMatchObject({ parentSpanId: undefined, attributes: { 'muster.batch.size': 1 } })
    expect(batch?.links).toEqual([idsOf(delivery)])
    const infer = named(inTrace(delivery.traceId), 'infer')
    expect(infer.links).toEqual([idsOf(batch as ReceivedSpan)])
  })

  it('comes back to who waits, linked to how the worker sent it', () => {
    const parts = inTrace(request.traceId)
    const sent = named(inTrace(delivery.traceId), /^publish muster\.reply/)
    const back = named(parts, /^process muster\.reply/)
    expect(back).toMatchObject({ kind: 'consumer', parentSpanId: named(parts, 'wait').spanId, links: [idsOf(sent)] })
    for (const { name, attributes } of [sent, back]) {
      expect(name).toMatch(/ muster\.reply\.\{instance\}$/)
      expect(attributes['messaging.destination.template']).toBe('muster.reply.{instance}')
      expect(attributes['messaging.destination.name']).toMatch(/^muster\.reply\.[\w-]+$/)
    }
  })

  it('has every part within its whole', () => {
    for (const whole of [request, delivery])
      for (const part of inTrace(whole.traceId).filter(({ parentSpanId }) => parentSpanId === whole.spanId)) {
        expect(part.start, part.name).toBeGreaterThanOrEqual(whole.start)
        // A broker's confirm may come after the worker's answer did.
        if (!/^publish muster\.jobs/.test(part.name)) expect(part.end, part.name).toBeLessThanOrEqual(whole.end)
      }
  })

  it('meets its lines of the logs', () => {
    const line = api.log().find(({ requestId }) => requestId === answer.requestId)
    expect(line).toMatchObject({ trace_id: request.traceId, span_id: request.spanId })
  })

  it('is sent with the headers and the resource that are configured, and with nothing about a person, a key or a tenant', () => {
    expect(receiver.faults).toEqual([])
    expect(new Set(receiver.requests.map(({ path }) => path))).toEqual(new Set(['/v1/traces']))
    expect(receiver.requests[0]?.headers['x-traces-key']).toBe('let me in')
    expect(request.resource).toMatchObject({ 'service.namespace': 'muster', 'deployment.environment.name': 'test' })
    const all = receiver.bodies.join('\n')
    for (const word of ['traced-subject', 'traced-file', 'traced-tenant', stack.key, 'stranger=1'])
      expect(all).not.toContain(word)
    expect(all).not.toMatch(/client\.address|user_agent|host\.|process\./)
  })
})

it('a run that fails is told on its delivery, and the next delivery is linked to the retry and to the request', async () => {
  const answer = await stack.check(api.url, {}, 77)
  expect(answer.job).toMatchObject({ status: 'succeeded', attempts: 2 })
  const { request, deliveries } = await received(answer, 2)
  const [first, second] = deliveries as [ReceivedSpan, ReceivedSpan]
  expect(first).toMatchObject({ failed: true, attributes: { 'error.type': expect.stringMatching(/^[A-Z_a-z]+$/) } })
  const retry = named(inTrace(first.traceId), /^publish muster\.retry/)
  expect(retry).toMatchObject({ kind: 'producer', parentSpanId: first.spanId })
  expect(second.links[0]).toEqual(idsOf(retry))
  expect(second.links.slice(1)).toEqual([idsOf(request)])
  expect(second).toMatchObject({ failed: false, attributes: { 'muster.job.attempt': 2 } })
})

it('what the api does not record the worker does not, whatever the caller says', async () => {
  const quiet = await stack.startApi({ OTEL_TRACES_SAMPLER: 'always_off' })
  const unseen = await stack.check(quiet.url, STRANGER)
  const seen = await stack.check(api.url)
  await received(seen)
  expect(await quiet.stop()).toBe(0)
  expect(unseen.job.status).toBe('succeeded')
  expect(deliveriesOf(unseen)).toEqual([])
  expect(receiver.spans.some(({ attributes }) => attributes['muster.job.id'] === unseen.job.id)).toBe(false)
})

it('a receiver that is away costs spans, which are counted, and no check', async () => {
  status = 503
  try {
    const answers = await Promise.all(Array.from({ length: 5 }, () => stack.check(api.url)))
    expect(answers.map(({ job }) => job.status)).toEqual(answers.map(() => 'succeeded'))
    const dropped = /^muster_spans_dropped_total\{.*reason="export-failed".*\} [1-9]/m
    await vi.waitFor(async () => expect(await api.metrics()).toMatch(dropped), WAIT)
  } finally {
    status = 200
  }
  await received(await stack.check(api.url))
})

it('a message that comes again after its worker died is linked to the same publish', async () => {
  const dying = stack.check(api.url, {}, 99)
  await vi.waitFor(() => expect(worker.child.signalCode).toBe('SIGKILL'), WAIT)
  worker = await stack.startWorker(1)
  const answer = await dying
  expect(answer.job.status).toBe('succeeded')
  const { request, deliveries } = await received(answer)
  const publish = named(inTrace(request.traceId), /^publish muster\.jobs/)
  expect(deliveries[0]).toMatchObject({ links: [idsOf(publish)], attributes: { 'muster.redelivered': true } })
})

it('a process that ends sends what it still has', async () => {
  const answer = await stack.check(api.url)
  expect(await Promise.all([api.stop(), worker.stop()])).toEqual([0, 0])
  expect(requestOf(answer)).toBeDefined()
  expect(deliveriesOf(answer)).toHaveLength(1)
})
