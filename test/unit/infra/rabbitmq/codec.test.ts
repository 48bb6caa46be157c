import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JOB_STATES } from '../../../../infra/domain/job.ts'
import { MESSAGE_VERSION } from '../../../../infra/domain/message.ts'
import { decodeCompletions, decodeMessage, decodeSignal, encode } from '../../../../infra/rabbitmq/codec.ts'
import { isReplyQueue, replyQueueName } from '../../../../infra/rabbitmq/topology.ts'
import { aMessage } from '../../../contract/job-queue.ts'

const TRACEPARENT = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
const ID = '01934c2e-7b1a-7c3e-9d42-5f0a1b2c3d4e'
const body = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
const nested = (depth: number) => Buffer.from('['.repeat(depth) + ']'.repeat(depth))

describe('a job message', () => {
  it('comes back as it was sent', () => {
    for (const message of [aMessage(), aMessage({ traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` })])
      expect(decodeMessage(encode(message))).toEqual(message)
  })

  it('tells of the request that made its job, where that is traced', () => {
    const traced = aMessage({ trace: { traceparent: TRACEPARENT, tracestate: 'a=1' } })
    expect(decodeMessage(encode(traced))).toEqual(traced)
  })

  it('tells how long its job took to be committed', () => {
    const message = aMessage({ commitMs: 4.25 })
    expect(decodeMessage(encode(message))).toEqual(message)
  })

  it.each(['null', '-1', '"4"', '{}', '1e400'])('with a time of the commit that is none (%s) is one without', (ms) => {
    const message = aMessage()
    const sent = Buffer.from(`{"commitMs":${ms},${JSON.stringify(message).slice(1)}`)
    expect(decodeMessage(sent)).toEqual(message)
  })

  it.each([null, 7, 'text', {}, { traceparent: 'none' }, { traceparent: `${TRACEPARENT}\n` }])(
    'with a trace that is none (%j) is one without',
    (trace) => {
      const message = aMessage()
      expect(decodeMessage(body({ ...message, trace }))).toEqual(message)
    },
  )

  it('brings nothing along that a message does not have', () => {
    const hostile = `{"__proto__":{"admin":true},"constructor":1,"picture":"…",${JSON.stringify(aMessage()).slice(1)}`
    const decoded = decodeMessage(Buffer.from(hostile))
    expect(Object.keys(decoded ?? {}).sort()).toEqual(Object.keys(aMessage()).sort())
    expect(decoded).not.toHaveProperty('admin')
  })

  it.each<[string, object]>([
    ['no version', { v: undefined }],
    ['a version that is none', { v: 0 }],
    ['half a version', { v: 0.5 }],
    ['an id that is no UUID', { id: '../../1' }],
    ['a task that nobody has', { task: 'liveness\nmuster_up 0' }],
    ['a task that every object has', { task: 'constructor' }],
    ['no tenant', { tenant: '' }],
    ['a tenant over two lines', { tenant: 'a\nb' }],
    ['a tenant without end', { tenant: 'a'.repeat(129) }],
    ['a lane that nobody has', { lane: '__proto__' }],
    ['a deadline that is a text', { deadline: '1' }],
    ['one attempt and a half, for which there is no delay', { attempt: 1.5 }],
    ['less than no attempt', { attempt: -1 }],
    ['more attempts than can be counted', { attempt: 1e300 }],
    ['a trace over two lines', { traceparent: '00-1\r\nx: y' }],
  ])('with %s is none', (_what, change) => {
    expect(decodeMessage(body({ ...aMessage(), ...change }))).toBeUndefined()
  })

  it('with a deadline beyond all numbers is none', () => {
    const text = JSON.stringify(aMessage({ deadline: 4711 })).replace('4711', '1e999')
    expect(decodeMessage(Buffer.from(text))).toBeUndefined()
  })

  it('over 16 kB is none, however well-formed', () => {
    expect(decodeMessage(body({ ...aMessage(), more: 'a'.repeat(20_000) }))).toBeUndefined()
  })

  it('of a newer version is left to be judged by a newer worker', () => {
    const newer = { v: MESSAGE_VERSION + 1, task: 'voice-match', lanes: [] }
    expect(decodeMessage(body(newer))).toEqual(newer)
  })

  it('is none, or whole, whatever the bytes are', () => {
    const members = fc.record(
      {
        v: fc.oneof(fc.constant(1), fc.jsonValue()),
        id: fc.oneof(fc.constant(ID), fc.jsonValue()),
        task: fc.oneof(fc.constant('ocr'), fc.jsonValue()),
        tenant: fc.oneof(fc.constant('acme'), fc.jsonValue()),
        lane: fc.oneof(fc.constant('bulk'), fc.jsonValue()),
        deadline: fc.oneof(fc.double(), fc.jsonValue()),
        attempt: fc.oneof(fc.integer(), fc.jsonValue()),
      },
      { requiredKeys: [] },
    )
    const bytes = fc.oneof(
      members.map(body),
      members.map((value) => body(value).subarray(0, -1)),
      fc.jsonValue().map(body),
      fc.uint8Array({ maxLength: 200 }).map((some) => Buffer.from(some)),
      fc.integer({ min: 1, max: 8_000 }).map(nested),
    )
    fc.assert(
      fc.property(bytes, (some) => {
        const message = decodeMessage(some)
        if (!message || message.v > MESSAGE_VERSION) return
        expect(decodeMessage(encode(message))).toEqual(message)
        expect(Number.isInteger(message.attempt) && Number.isFinite(message.deadline)).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('completions', () => {
  it('tell where they were sent from, where that can be read', () => {
    const completion = { id: ID, state: 'succeeded' } as const
    const traced = { ...completion, trace: { traceparent: TRACEPARENT } }
    expect(decodeCompletions(encode([traced, completion]))).toEqual([traced, completion])
    const strange = [
      { ...completion, trace: { traceparent: 'x', more: 1 } },
      { ...completion, trace: null },
    ]
    expect(decodeCompletions(body(strange))).toEqual([completion, completion])
  })

  it('come back as they were sent', () => {
    const sent = JOB_STATES.map((state) => ({ id: ID, state }))
    expect(decodeCompletions(encode(sent))).toEqual(sent)
  })

  it('are those that are well-formed, whatever stands between them', () => {
    const one = { id: ID, state: 'failed' }
    const hostile = [
      null,
      1,
      'x',
      [],
      {},
      { id: 1, state: 'failed' },
      { id: 'x', state: 'failed' },
      { id: ID, state: 'won' },
    ]
    expect(decodeCompletions(body([...hostile, { ...one, result: 'a name' }]))).toEqual([one])
  })

  it('are none in anything else', () => {
    const anything = fc.oneof(
      fc.jsonValue().map(body),
      fc.uint8Array().map((some) => Buffer.from(some)),
      fc.constant(nested(9_999)),
    )
    fc.assert(fc.property(anything, (some) => void expect(decodeCompletions(some)).toEqual([])))
  })
})

it('a signal names a job or nothing', () => {
  expect(decodeSignal(encode({ id: ID }))).toBe(ID)
  const anything = fc.oneof(
    fc.jsonValue().map(body),
    fc.uint8Array().map((some) => Buffer.from(some)),
    fc.constant(nested(9_999)),
  )
  fc.assert(fc.property(anything, (some) => void expect(decodeSignal(some)).toBeUndefined()))
})

it.each([
  'muster.dead',
  'gpu.interactive',
  'amq.rabbitmq.reply-to',
  'muster.reply.',
  'muster.reply.a b',
  '',
  undefined,
  7,
])('a completion does not go to %j', (name) => {
  expect(isReplyQueue(name)).toBe(false)
  expect(isReplyQueue(replyQueueName(`${ID}.1`))).toBe(true)
})
