import { expect, it, onTestFinished, vi } from 'vitest'
import { createEventStreams, type StreamOwner } from '../../../../autoscaler/console/event-streams.ts'
import type { Listener } from '../../../../autoscaler/console/live-feed.ts'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import type { Principal } from '../../../../infra/http/authenticate.ts'
import { RequestError } from '../../../../infra/http/request-error.ts'
import { readEvents } from '../../../fixtures/event-stream.ts'

const LIMITS = { maxCount: 5, maxPerKey: 2, maxWaitingBytes: 10_000, checkMs: 5_000 }
const principal = (keyId: string, role: Principal['role'] = 'viewer'): Principal => ({
  tenant: 't',
  keyId,
  role,
  scopes: [],
})

const start = () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  const listeners = new Set<Listener>()
  const feed = {
    join: async (listener: Listener) => {
      listeners.add(listener)
      listener.hear('event: pools\ndata: {}\n\n')
      return () => void listeners.delete(listener)
    },
    close: vi.fn(),
  }
  const streams = createEventStreams(feed, LIMITS)
  const owner = (keyId = 'k', again: StreamOwner['again'] = async () => principal(keyId)): StreamOwner => ({
    ...{ principal: principal(keyId), again },
  })
  const tell = (text: string) => {
    for (const { hear } of listeners) hear(text)
  }
  return { streams, listeners, owner, tell, feed }
}

it('says first how soon to come back, then how everything stands', async () => {
  const { streams, owner, tell } = start()
  const heard = readEvents(await streams.open(owner()))
  tell('event: ping\ndata: {"at":1}\n\n')
  await expect.poll(() => heard.events.map(({ event }) => event)).toEqual(['pools', 'ping'])
  expect(heard.text()).toMatch(/^retry: \d+\n\n/)
})

it('has room for so many, and for so many of one key; each that ends makes room', async () => {
  const { streams, owner } = start()
  const mine = await Promise.all([streams.open(owner('a')), streams.open(owner('a'))])
  await expect(streams.open(owner('a'))).rejects.toThrow('this API key has')
  const others = await Promise.all(['b', 'c', 'd'].map((key) => streams.open(owner(key))))
  await expect(streams.open(owner('e'))).rejects.toMatchObject({ code: 'TOO_MANY_STREAMS' })
  for (const stream of [...mine, ...others]) stream.destroy()
  await new Promise((resolve) => setImmediate(resolve))
  await streams.open(owner('a'))
})

it('lets no crowd in that comes at the same moment', async () => {
  const { streams, owner, listeners } = start()
  const opened = await Promise.allSettled(
    Array.from({ length: 1_000 }, (_, index) => streams.open(owner(`k${index % 7}`))),
  )
  expect(opened.filter(({ status }) => status === 'fulfilled')).toHaveLength(5)
  expect(listeners.size).toBe(5)
})

it('cuts off who does not read, and goes on for the others', async () => {
  const { streams, owner, tell, listeners } = start()
  const slow = await streams.open(owner('slow'))
  const heard = readEvents(await streams.open(owner('quick')))
  for (let index = 0; index < 20; index += 1) {
    tell(`event: nodes\ndata: "${'x'.repeat(1_000)}"\n\n`)
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(slow.destroyed).toBe(true)
  expect(listeners.size).toBe(1)
  await expect.poll(() => heard.of('nodes').length).toBe(20)
})

it('cuts nobody off because one word is long: how everything stands may be, where a fleet is large', async () => {
  const { streams, owner, tell } = start()
  const stream = await streams.open(owner())
  tell(`event: nodes\ndata: "${'x'.repeat(2 * LIMITS.maxWaitingBytes)}"\n\n`)
  expect(stream.destroyed).toBe(false)
  const heard = readEvents(stream)
  await expect.poll(() => heard.of('nodes').length).toBe(1)
  tell('event: ping\ndata: {}\n\n')
  await expect.poll(() => heard.of('ping').length).toBe(1)
})

it.each([
  [
    'is refused by now',
    async () => Promise.reject(new RequestError('UNAUTHENTICATED', 'this API key has been revoked')),
    'this API key has been revoked',
  ],
  ['has another role by now', async () => principal('k', 'admin'), 'the rights of this API key have changed'],
] as const)('ends, and says why, when a key %s', async (_what, again, why) => {
  const { streams, owner, listeners } = start()
  const heard = readEvents(await streams.open(owner('k', again)))
  await vi.advanceTimersByTimeAsync(LIMITS.checkMs)
  await heard.done
  expect(heard.events.at(-1)).toMatchObject({ event: 'end', data: { why } })
  await expect.poll(() => listeners.size).toBe(0)
})

it('asks for a key once, however many streams it has: each refusal counts against the address', async () => {
  const { streams, owner } = start()
  const again = vi.fn(async () => Promise.reject(new RequestError('UNAUTHENTICATED', 'this API key has been revoked')))
  const heard = await Promise.all([1, 2].map(async () => readEvents(await streams.open(owner('k', again)))))
  const other = readEvents(await streams.open(owner('other')))
  await vi.advanceTimersByTimeAsync(LIMITS.checkMs)
  await Promise.all(heard.map(({ done }) => done))
  expect(heard.map(({ events }) => events.at(-1)?.event)).toEqual(['end', 'end'])
  expect(again).toHaveBeenCalledOnce()
  expect(other.isOver()).toBe(false)
})

it('leaves nobody behind who was ended before he had joined', async () => {
  const { streams, owner, feed, listeners } = start()
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout'] })
  await streams.open(owner('other'))
  const { join } = feed
  const gate = Promise.withResolvers<void>()
  feed.join = async (listener) => gate.promise.then(() => join(listener))
  const opening = streams.open(owner('k', async () => principal('k', 'admin')))
  await vi.advanceTimersByTimeAsync(LIMITS.checkMs * 2)
  gate.resolve()
  await expect(opening).rejects.toThrow(UnavailableError)
  expect(listeners.size).toBe(1)
})

it('ends nothing because keys cannot be looked up for a while', async () => {
  const { streams, owner } = start()
  const away = async () => Promise.reject(new UnavailableError('postgres', new Error('gone')))
  const heard = readEvents(await streams.open(owner('k', away)))
  await vi.advanceTimersByTimeAsync(60_000)
  expect(heard.isOver()).toBe(false)
})

it('keeps no place for a stream that could not begin', async () => {
  const { streams, owner, feed } = start()
  const join = feed.join
  feed.join = async () => Promise.reject(new UnavailableError('the console', new Error('gone')))
  for (let count = 0; count < 10; count += 1) {
    await expect(streams.open(owner())).rejects.toThrow(UnavailableError)
    await new Promise((resolve) => setImmediate(resolve))
  }
  feed.join = join
  await streams.open(owner())
})

it('ends every stream with the process, without a word that would keep anybody from coming back', async () => {
  const { streams, owner, feed } = start()
  const heard = readEvents(await streams.open(owner()))
  streams.close()
  await heard.done
  expect(feed.close).toHaveBeenCalledOnce()
  expect(heard.of('end')).toEqual([])
})

it('says nothing more to a stream that has its end, though it was not read yet', async () => {
  const { streams, owner, tell, listeners } = start()
  const stream = await streams.open(owner('k', async () => principal('k', 'admin')))
  const failed = vi.fn()
  stream.on('error', failed)
  await vi.advanceTimersByTimeAsync(LIMITS.checkMs)
  expect(listeners.size).toBe(1)
  tell('event: late\ndata: {}\n\n')
  await vi.advanceTimersByTimeAsync(LIMITS.checkMs)
  const heard = readEvents(stream)
  await heard.done
  expect(heard.events.map(({ event }) => event)).toEqual(['pools', 'end'])
  expect(failed).not.toHaveBeenCalled()
})
