import { describe, expect, it } from 'vitest'
import { type BatcherOptions, createBatcher } from '../../../worker/batcher.ts'
import { DeadlinePassedError } from '../../../worker/settle.ts'
import { eventually } from '../../fixtures/eventually.ts'

/** A batcher whose batches end when the test says so, on a clock the test turns. */
const start = (overrides: Partial<BatcherOptions<string, string>> = {}) => {
  const time = { now: 0 }
  const batches: { items: readonly string[]; end: (outs?: readonly string[]) => void; fail: (error: Error) => void }[] =
    []
  const run = (items: readonly string[]) =>
    new Promise<readonly string[]>((resolve, reject) => {
      batches.push({ items, end: (outs = items) => resolve(outs), fail: reject })
    })
  const clock = { now: () => 0, monotonic: () => time.now }
  const batcher = createBatcher({ maxSize: 3, maxDelayMs: 0, slotCount: 1, clock, run, ...overrides })
  return { batcher, batches, time }
}
const FAR = 1_000_000

describe('createBatcher', () => {
  it('runs the first item at once and gathers the others while it runs', async () => {
    const { batcher, batches } = start()
    const answers = ['a', 'b', 'c', 'd', 'e'].map((item) => batcher.add(item, FAR))
    expect(batches.map(({ items }) => items)).toEqual([['a']])
    expect(batcher.waitingCount()).toBe(4)
    batches[0]?.end()
    await eventually(() => expect(batches[1]?.items).toEqual(['b', 'c', 'd']))
    batches[1]?.end()
    await eventually(() => expect(batches[2]?.items).toEqual(['e']))
    batches[2]?.end()
    expect(await Promise.all(answers)).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  it('keeps every slot busy', () => {
    const { batcher, batches } = start({ slotCount: 2 })
    for (const item of ['a', 'b', 'c']) void batcher.add(item, FAR)
    expect(batches.map(({ items }) => items)).toEqual([['a'], ['b']])
  })

  it('answers each item its own', async () => {
    const { batcher, batches } = start()
    const answer = batcher.add('a', FAR)
    batches[0]?.end(['A'])
    expect(await answer).toBe('A')
  })

  it('fails the items of a failed batch only, and goes on', async () => {
    const { batcher, batches } = start({ maxSize: 1 })
    const first = batcher.add('a', FAR)
    const second = batcher.add('b', FAR)
    batches[0]?.fail(new Error('boom'))
    await expect(first).rejects.toThrow('boom')
    await eventually(() => expect(batches).toHaveLength(2))
    batches[1]?.end()
    expect(await second).toBe('b')
  })

  it('never runs an item whose deadline passed while it waited', async () => {
    const { batcher, batches, time } = start()
    const first = batcher.add('a', FAR)
    const late = batcher.add('late', 5)
    const other = batcher.add('b', FAR)
    time.now = 6
    batches[0]?.end()
    await expect(late).rejects.toBeInstanceOf(DeadlinePassedError)
    await eventually(() => expect(batches[1]?.items).toEqual(['b']))
    batches[1]?.end()
    expect(await Promise.all([first, other])).toEqual(['a', 'b'])
  })

  it('waits for company up to the delay', async () => {
    const { batcher, batches, time } = start({ maxDelayMs: 5 })
    void batcher.add('a', FAR)
    void batcher.add('b', FAR)
    expect(batches).toEqual([])
    time.now = 5
    await eventually(() => expect(batches.map(({ items }) => items)).toEqual([['a', 'b']]))
  })

  it('lets go of an item that is taken back while it waits, and runs its neighbours without it', async () => {
    const { batcher, batches } = start()
    const controller = new AbortController()
    const first = batcher.add('a', FAR)
    const taken = batcher.add('taken', FAR, controller.signal)
    const others = [batcher.add('b', FAR), batcher.add('c', FAR)]
    controller.abort(new Error('not wanted'))
    await expect(taken).rejects.toThrow('not wanted')
    expect(batcher.waitingCount()).toBe(2)
    batches[0]?.end()
    await eventually(() => expect(batches[1]?.items).toEqual(['b', 'c']))
    batches[1]?.end()
    expect(await Promise.all([first, ...others])).toEqual(['a', 'b', 'c'])
  })

  it('never takes in an item that was taken back before', async () => {
    const { batcher, batches } = start()
    await expect(batcher.add('a', FAR, AbortSignal.abort(new Error('not wanted')))).rejects.toThrow('not wanted')
    expect([batches, batcher.waitingCount()]).toEqual([[], 0])
  })

  it('answers an item that is taken back while its batch runs as if nothing had happened', async () => {
    const { batcher, batches } = start()
    const controller = new AbortController()
    const answer = batcher.add('a', FAR, controller.signal)
    controller.abort()
    batches[0]?.end(['A'])
    expect(await answer).toBe('A')
  })
})
