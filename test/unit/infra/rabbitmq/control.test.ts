import { EventEmitter } from 'node:events'
import type { ChannelModel } from 'amqplib'
import { v7 as uuidv7 } from 'uuid'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createControl } from '../../../../infra/rabbitmq/control.ts'
import { silence } from '../../../fixtures/silence.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

type OnMessage = (message: { content: Buffer } | null) => void

/** A broker's connection that grants what the test lets it. */
const aConnection = () => {
  const broker = { refuses: false, openedCount: 0, sent: [] as string[], consumers: new Set<OnMessage>() }
  class Channel extends EventEmitter {
    #onMessage: OnMessage | undefined
    async assertExchange() {
      if (!broker.refuses) return
      this.emit('error', new Error('access refused'))
      this.close()
      throw new Error('access refused')
    }
    async assertQueue(queue: string) {
      return { queue }
    }
    async bindQueue() {}
    async consume(_queue: string, onMessage: OnMessage) {
      this.#onMessage = onMessage
      broker.consumers.add(onMessage)
    }
    publish(_exchange: string, _key: string, body: Buffer) {
      broker.sent.push(body.toString())
    }
    close() {
      if (this.#onMessage) broker.consumers.delete(this.#onMessage)
      this.emit('close')
    }
  }
  const model = {
    async createChannel() {
      broker.openedCount += 1
      return new Channel()
    },
  } as unknown as ChannelModel
  const say = (id: string) => {
    for (const onMessage of broker.consumers) onMessage({ content: Buffer.from(JSON.stringify({ id })) })
  }
  const cancelConsumers = () => {
    for (const onMessage of [...broker.consumers]) onMessage(null)
  }
  return { broker, model, say, cancelConsumers }
}

const start = () => {
  const heard: string[] = []
  return { control: createControl(silence().log), heard, listener: (id: string) => void heard.push(id) }
}
const A_WHILE_MS = 60_000

it('listens again when the broker would not let it, without an error for anybody', async () => {
  const { control, heard, listener } = start()
  const { broker, model, say } = aConnection()
  broker.refuses = true
  await control.listen(model, listener)
  expect(broker.consumers.size).toBe(0)
  broker.refuses = false
  await vi.advanceTimersByTimeAsync(A_WHILE_MS)
  const id = uuidv7()
  say(id)
  expect(heard).toEqual([id])
  expect(broker.openedCount).toBe(2)
})

it('listens again, once, when the broker cancels its consumer', async () => {
  const { control, heard, listener } = start()
  const { broker, model, say, cancelConsumers } = aConnection()
  await control.listen(model, listener)
  cancelConsumers()
  await vi.advanceTimersByTimeAsync(A_WHILE_MS)
  expect(broker.consumers.size).toBe(1)
  const id = uuidv7()
  say(id)
  expect(heard).toEqual([id])
})

it('listens on a new connection, and leaves the old one alone', async () => {
  const { control, listener } = start()
  const [old, fresh] = [aConnection(), aConnection()]
  await control.listen(old.model, listener)
  await control.attach(fresh.model)
  expect(fresh.broker.consumers.size).toBe(1)
  old.cancelConsumers()
  await vi.advanceTimersByTimeAsync(A_WHILE_MS)
  expect([old.broker.openedCount, fresh.broker.openedCount]).toEqual([1, 1])
})

it('opens no channel where nobody listens and nothing is signaled', async () => {
  const { control } = start()
  const { broker, model } = aConnection()
  await control.attach(model)
  expect(broker.openedCount).toBe(0)
})

it('loses a signal that cannot be sent, and sends the next', async () => {
  const { control } = start()
  const { broker, model } = aConnection()
  control.signal(undefined, uuidv7())
  broker.refuses = true
  control.signal(model, uuidv7())
  await vi.advanceTimersByTimeAsync(0)
  broker.refuses = false
  const id = uuidv7()
  control.signal(model, id)
  control.signal(model, id)
  await vi.advanceTimersByTimeAsync(0)
  expect(broker.sent.map((body) => JSON.parse(body).id)).toEqual([id, id])
  expect(broker.openedCount).toBe(2)
})
