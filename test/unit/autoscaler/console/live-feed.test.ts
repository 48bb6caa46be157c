import { expect, it, onTestFinished, vi } from 'vitest'
import {
  createLiveFeed,
  type FeedTimes,
  type LiveFact,
  type LiveSource,
} from '../../../../autoscaler/console/live-feed.ts'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import { silence } from '../../../fixtures/silence.ts'

/** A feed over one required source and one that may be away, in a time of its own. */
const start = async (more: Partial<LiveSource> = {}, times?: FeedTimes) => {
  if (!times) vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const world = { value: 1, away: false, asideAway: false, reads: 0, asideReads: 0 }
  const sources: LiveSource[] = [
    {
      ...{ name: 'pools', everyMs: 0, required: true },
      read: async (): Promise<readonly LiveFact[]> => {
        world.reads += 1
        if (world.away) throw new UnavailableError('postgres', new Error('gone'))
        return [{ key: 'pools', event: 'pools', data: { value: world.value } }]
      },
    },
    {
      ...{ name: 'aside', everyMs: 0, required: false },
      read: async () => {
        world.asideReads += 1
        if (world.asideAway) throw new Error('gone')
        return [{ key: 'aside', event: 'aside', data: {} }]
      },
      ...more,
    },
  ]
  const clock = { now: () => Date.now(), monotonic: () => performance.now() }
  const feed = createLiveFeed({ sources, clock, log: silence().log }, times)
  const join = async () => {
    const heard = { text: '', ended: 0 }
    const leave = await feed.join({
      hear: (text) => {
        heard.text += text
      },
      end: () => {
        heard.ended += 1
      },
    })
    const events = () => [...heard.text.matchAll(/^event: (.*)$/gm)].map(([, name]) => name)
    return { heard, leave, events }
  }
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
  return { world, feed, join, pass }
}

it('tells everybody how it stands, and then what changes and nothing else', async () => {
  const { world, join, pass } = await start()
  const first = await join()
  expect(first.events()).toEqual(['pools', 'aside'])
  await pass(6_000)
  expect(first.events()).toEqual(['pools', 'aside'])
  world.value = 2
  await pass(2_000)
  expect(first.heard.text).toContain('data: {"value":2}')
  const second = await join()
  expect(second.heard.text).toContain('data: {"value":2}')
  expect(second.heard.text).not.toContain('data: {"value":1}')
})

it('reads once for all, and not at all when nobody listens', async () => {
  const { world, join, pass } = await start()
  const all = [await join(), await join(), await join()]
  await pass(20_000)
  expect(world.reads).toBe(11)
  for (const { leave } of all) leave()
  await pass(60_000)
  expect(world.reads).toBe(11)
  world.value = 7
  expect((await join()).heard.text).toContain('data: {"value":7}')
})

it('gives every event an id that is later than those before, also after it forgot everything', async () => {
  const { world, join, pass } = await start()
  const ids = (text: string) => [...text.matchAll(/^id: \w+-(\d+)$/gm)].map(([, id]) => Number(id))
  const first = await join()
  world.value = 2
  await pass(2_000)
  first.leave()
  await pass(10_000)
  const second = await join()
  const seen = [...ids(first.heard.text), ...ids(second.heard.text)]
  expect(seen).toEqual(seen.toSorted((a, b) => a - b))
  expect(new Set(seen).size).toBe(seen.length)
})

it('says every fifteen seconds that it is there', async () => {
  const { join, pass } = await start()
  const { events } = await join()
  await pass(48_000)
  expect(events().filter((name) => name === 'ping')).toHaveLength(3)
})

it('says at once what cannot be read, goes on with the rest, and says when it can', async () => {
  const { world, join, pass } = await start()
  const { heard } = await join()
  world.asideAway = true
  world.value = 3
  await pass(2_000)
  expect(heard.text).toContain('"unknown":["aside"]')
  expect(heard.text).toContain('data: {"value":3}')
  world.asideAway = false
  await pass(2_000)
  expect(heard.text).toContain('"unknown":[]')
})

it('does not wait for what does not answer, and does not ask it again meanwhile', async () => {
  const asked = vi.fn(() => new Promise<never>(() => {}))
  const { world, join } = await start({ read: asked }, { pollMs: 5, pingMs: 60_000, patienceMs: 60_000, readMs: 10 })
  const { heard, events, leave } = await join()
  expect(events()).toEqual(['pools'])
  world.value = 4
  await expect.poll(() => heard.text).toContain('data: {"value":4}')
  await expect.poll(() => world.reads).toBeGreaterThan(5)
  expect(asked).toHaveBeenCalledOnce()
  leave()
})

it('ends rather than show what was, and tells those who come that it knows nothing', async () => {
  const { world, join, pass } = await start()
  const { heard } = await join()
  world.away = true
  await pass(8_000)
  expect(heard.ended).toBe(0)
  await pass(8_000)
  expect(heard.ended).toBe(1)
  await expect(join()).rejects.toThrow(UnavailableError)
  world.away = false
  expect((await join()).events()).toEqual(['pools', 'aside'])
})

it('reads a rare thing rarely', async () => {
  const { world, join, pass } = await start({ everyMs: 30_000 })
  await join()
  await pass(28_000)
  expect([world.reads > 10, world.asideReads]).toEqual([true, 1])
  await pass(6_000)
  expect(world.asideReads).toBe(2)
})

it('ends everybody when it closes, and lets nobody in any more', async () => {
  const { feed, world, join, pass } = await start()
  const { heard } = await join()
  feed.close()
  expect(heard.ended).toBe(1)
  await expect(join()).rejects.toThrow(UnavailableError)
  const { reads } = world
  await pass(60_000)
  expect(world.reads).toBe(reads)
})
