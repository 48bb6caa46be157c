import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { Completion } from '../../../../infra/domain/message.ts'
import type { TraceContext } from '../../../../infra/domain/trace-context.ts'
import type { Delivery } from '../../../../infra/ports/job-queue.ts'
import { openJobQueue } from '../../../../infra/rabbitmq/job-queue.ts'
import { openReplyQueue } from '../../../../infra/rabbitmq/reply-queue.ts'
import { connectToAny, setUpBroker } from '../../../../infra/rabbitmq/set-up.ts'
import { DEAD_QUEUE } from '../../../../infra/rabbitmq/topology.ts'
import { aMessage } from '../../../contract/job-queue.ts'
import { createMemoryTracer } from '../../../fakes/tracer.ts'
import { silence } from '../../../fixtures/silence.ts'

const WAIT = { timeout: 30_000, interval: 20 }
const REQUEST: TraceContext = { traceparent: `00-${'a1'.repeat(16)}-${'b2'.repeat(8)}-01`, tracestate: 'x=1' }

const url = process.env.RABBITMQ_URL as string
const { tracer, spans } = createMemoryTracer()
const ends: (() => Promise<void>)[] = []
let queue: Awaited<ReturnType<typeof openJobQueue>>

beforeAll(async () => {
  queue = await openJobQueue({ url, ...silence(), tracer })
  ends.push(() => queue.close())
})
afterAll(async () => {
  for (const end of ends) await end()
})

const aPool = async (onDelivery: (delivery: Delivery) => void): Promise<string> => {
  const pool = `traced-${crypto.randomUUID().slice(0, 8)}`
  await setUpBroker(url, [pool])
  await queue.consume(pool, 'interactive', 10, onDelivery)
  return pool
}

const of = (jobId: string) =>
  spans.filter(({ attributes }) => attributes['messaging.message.conversation_id'] === jobId)

it('goes out as part of its request, comes in as a trace of its own, and round again linked to both', async () => {
  let deliveryCount = 0
  const pool = await aPool(async (delivery) => {
    deliveryCount += 1
    const { message } = delivery
    if (deliveryCount === 1 && message) await queue.retry({ message, pool }, 1)
    delivery.ack()
  })
  const message = aMessage({ trace: REQUEST })
  await queue.publish({ message, pool })
  await vi.waitFor(() => expect(of(message.id).filter(({ kind }) => kind === 'consumer')).toHaveLength(2), WAIT)
  const [publish, retry] = of(message.id).filter(({ kind }) => kind === 'producer')
  const [first, second] = of(message.id).filter(({ kind }) => kind === 'consumer')
  expect(publish).toMatchObject({ name: `publish muster.jobs:${pool}.interactive`, parent: REQUEST.traceparent })
  expect(first).toMatchObject({ parent: undefined, links: [publish?.context] })
  expect(retry).toMatchObject({
    name: `publish muster.retry.1000ms:${pool}.interactive`,
    parent: first?.context.traceparent,
  })
  expect(second?.links).toEqual([retry?.context, REQUEST])
})

it('tells in a dead letter where it was parked, beside why', async () => {
  const pool = await aPool(async (delivery) => {
    await queue.deadLetter(delivery, 'exhausted')
    delivery.ack()
  })
  const message = aMessage({ trace: REQUEST })
  await queue.publish({ message, pool })
  await vi.waitFor(() => expect(of(message.id).map(({ name }) => name)).toContain(`publish muster.dead:${pool}`), WAIT)
  const parked = of(message.id).find(({ name }) => name === `publish muster.dead:${pool}`)
  const model = await connectToAny(url)
  ends.push(() => model.close())
  const channel = await model.createChannel()
  const letter = await vi.waitFor(async () => {
    const one = await channel.get(DEAD_QUEUE)
    if (one === false) throw new Error('no letter yet')
    return one
  }, WAIT)
  channel.ack(letter)
  expect(letter.content.toString()).toContain(message.id)
  expect(letter.properties.headers).toMatchObject({
    'x-muster-reason': 'exhausted',
    traceparent: parked?.context.traceparent,
  })
})

it('a message that nothing traced is a delivery without links, which the ratio decides about', async () => {
  const pool = await aPool((delivery) => delivery.ack())
  const plain = await openJobQueue({ url, ...silence() })
  ends.push(() => plain.close())
  const message = aMessage()
  await plain.publish({ message, pool })
  await vi.waitFor(() => expect(of(message.id).some(({ kind }) => kind === 'consumer')).toBe(true), WAIT)
  expect(of(message.id).find(({ kind }) => kind === 'consumer')?.links).toEqual([])
})

it('a completion brings its trace to who waits', async () => {
  const woken: Completion[] = []
  const waiting = tracer.begin('wait')
  const options = { url, ...silence(), tracer }
  const take = (one: Completion) => void woken.push(one)
  const reply = await openReplyQueue(options, crypto.randomUUID(), take, () => waiting)
  ends.push(() => reply.close())
  const [job, id] = [tracer.begin('job'), crypto.randomUUID()]
  tracer.within(job, () => queue.complete(reply.name, { id, state: 'succeeded' }))
  await vi.waitFor(() => expect(woken).toHaveLength(1), WAIT)
  const [sent, processed] = of(id)
  expect(woken[0]?.trace).toEqual(sent?.context)
  expect(sent).toMatchObject({ kind: 'producer', parent: job.context.traceparent })
  expect(processed).toMatchObject({ kind: 'consumer', parent: waiting.context.traceparent, links: [sent?.context] })
})
