import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { NodeStore } from '../../infra/ports/node-store.ts'
import { aNodeDevice, aToldNode } from '../fixtures/nodes.ts'

const ALL = 10_000
const HOUR_MS = 3_600_000

/** What every NodeStore promises. */
export const describeNodeStore = (adapter: string, open: () => Promise<NodeStore>): void => {
  const nodesOf = async (store: NodeStore, name: string) =>
    (await store.list(ALL)).nodes.filter((one) => one.name === name)
  const drainsOf = async (store: NodeStore, name: string) =>
    (await store.list(ALL)).drains.filter((one) => one.node === name)
  const wishOf = (node: string, durationMs = HOUR_MS) => ({ node, reason: 'a fan', actor: 'ada', durationMs })

  describe(`NodeStore on ${adapter}`, () => {
    it('shows what a node said last, and since when it is there', async () => {
      const [store, told] = [await open(), aToldNode({ devices: [aNodeDevice({ utilisationRatio: null })] })]
      expect(await store.tell({ ...told, state: 'starting', workers: [] })).toEqual({ drain: undefined })
      const [first] = await nodesOf(store, told.name)
      await store.tell(told)
      const [seen, ...others] = await nodesOf(store, told.name)
      expect(others).toEqual([])
      expect(seen).toEqual({ ...told, startedAt: first?.startedAt, seenAt: expect.any(Number) })
      expect(seen?.seenAt).toBeGreaterThanOrEqual(first?.seenAt ?? Number.NaN)
      expect((await store.list(ALL)).at).toBeGreaterThanOrEqual(seen?.seenAt ?? Number.NaN)
    })

    it('tells two supervisors of one machine apart, and forgets the one that leaves', async () => {
      const [store, told] = [await open(), aToldNode()]
      const other = aToldNode({ name: told.name, pools: ['papers'], zone: null, load: null })
      await store.tell(told)
      await store.tell(other)
      expect((await nodesOf(store, told.name)).map(({ id }) => id).sort()).toEqual([told.id, other.id].sort())
      await store.left(told.id)
      expect((await nodesOf(store, told.name)).map(({ id }) => id)).toEqual([other.id])
    })

    it('answers a node what is wished of its machine, until that is taken back', async () => {
      const [store, told] = [await open(), aToldNode()]
      await store.tell(told)
      const drain = await store.drain(wishOf(told.name))
      expect(drain).toEqual({ ...wish(told.name), since: expect.any(Number), until: expect.any(Number) })
      expect(drain.until - drain.since).toBeCloseTo(HOUR_MS, -1)
      const { drain: heard } = await store.tell(told)
      expect(heard?.reason).toBe('a fan')
      expect(heard?.leftMs).toBeGreaterThan(0)
      expect(heard?.leftMs).toBeLessThanOrEqual(HOUR_MS)
      expect(await drainsOf(store, told.name)).toEqual([drain])
      expect(await store.release(told.name)).toEqual(drain)
      expect(await store.release(told.name)).toBeUndefined()
      expect(await store.tell(told)).toEqual({ drain: undefined })
    })

    it('replaces a wish that holds, and keeps its beginning', async () => {
      const [store, node] = [await open(), `node-${randomUUID()}`]
      const first = await store.drain(wishOf(node))
      const second = await store.drain({ ...wishOf(node, 2 * HOUR_MS), reason: 'two fans', actor: 'bob' })
      expect(second).toEqual({ node, reason: 'two fans', actor: 'bob', since: first.since, until: expect.any(Number) })
      expect(second.until).toBeGreaterThan(first.until)
      expect(await drainsOf(store, node)).toEqual([second])
    })

    it('lets a wish end by itself, and gives it to one who asks for those that ended', async () => {
      const [store, told] = [await open(), aToldNode()]
      await store.tell(told)
      await store.drain(wishOf(told.name, -1))
      expect(await store.tell(told)).toEqual({ drain: undefined })
      expect(await drainsOf(store, told.name)).toEqual([])
      const taken = await Promise.all([store.takeExpired(), store.takeExpired()])
      expect(taken.flat().filter(({ node }) => node === told.name)).toMatchObject([{ reason: 'a fan', actor: 'ada' }])
    })

    it('releases no wish that has ended, and begins another one anew', async () => {
      const [store, node] = [await open(), `node-${randomUUID()}`]
      const ended = await store.drain(wishOf(node, -1))
      const again = await store.drain(wishOf(node))
      expect(again.since).toBeGreaterThanOrEqual(ended.since)
      await store.drain(wishOf(node, -1))
      expect(await store.release(node)).toBeUndefined()
    })

    it('forgets what has long been silent, but no machine with a wish', async () => {
      const [store, told, wished] = [await open(), aToldNode(), aToldNode()]
      await store.tell(told)
      await store.tell(wished)
      await store.drain(wishOf(wished.name))
      expect(await store.forget(HOUR_MS)).toBe(0)
      expect(await store.forget(-1_000)).toBeGreaterThanOrEqual(1)
      expect(await nodesOf(store, told.name)).toEqual([])
      expect(await nodesOf(store, wished.name)).toHaveLength(1)
    })

    it('counts the nodes of a pool that people keep from work', async () => {
      const [store, pool] = [await open(), `pool-${randomUUID()}`]
      for (const state of ['ready', 'draining', 'drained', 'quarantined'] as const)
        await store.tell(aToldNode({ pools: ['papers', pool], state }))
      expect(await store.drainedCount(pool)).toBe(2)
      expect(await store.drainedCount(`not-${pool}`)).toBe(0)
    })

    it('lists no more than it is asked for', async () => {
      const store = await open()
      await store.tell(aToldNode())
      await store.tell(aToldNode())
      expect((await store.list(1)).nodes).toHaveLength(1)
    })
  })

  const wish = (node: string) => ({ node, reason: 'a fan', actor: 'ada' })
}
