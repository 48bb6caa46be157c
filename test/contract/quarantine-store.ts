import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { QuarantineStore } from '../../infra/ports/quarantine-store.ts'

const aQuarantine = () => ({
  ...{ node: `node-${randomUUID()}`, device: 'cuda', pools: 'face-match ocr', why: '3 faults within 10 min: cudnn' },
})
const LONG_MS = 3_600_000
const MANY = 1_000

/** What every QuarantineStore promises. */
export const describeQuarantineStore = (adapter: string, open: () => Promise<QuarantineStore>): void => {
  const of = async (store: QuarantineStore, node: string) =>
    (await store.active(LONG_MS)).filter((one) => one.node === node)

  describe(`QuarantineStore on ${adapter}`, () => {
    it('shows what holds, once however often it is told', async () => {
      const [store, quarantine] = [await open(), aQuarantine()]
      await store.holds(quarantine)
      const [first] = await of(store, quarantine.node)
      await store.holds({ ...quarantine, why: '4 faults within 10 min: cudnn' })
      const seen = await of(store, quarantine.node)
      expect(seen).toEqual([
        {
          ...quarantine,
          why: '4 faults within 10 min: cudnn',
          since: first?.since,
          seenAt: expect.any(Number),
          endedAt: null,
        },
      ])
      expect(seen[0]?.seenAt).toBeGreaterThanOrEqual(first?.seenAt ?? Number.NaN)
    })

    it('shows it no more when it has ended, but remembers it', async () => {
      const [store, quarantine] = [await open(), aQuarantine()]
      await store.holds(quarantine)
      await store.ended(quarantine.node, 'webgpu')
      expect(await of(store, quarantine.node)).toHaveLength(1)
      await store.ended(quarantine.node, quarantine.device)
      expect(await of(store, quarantine.node)).toEqual([])
      const past = (await store.list(MANY)).filter(({ node }) => node === quarantine.node)
      expect(past).toEqual([expect.objectContaining({ ...quarantine, endedAt: expect.any(Number) })])
    })

    it('takes another one of the same device for a new one', async () => {
      const [store, quarantine] = [await open(), aQuarantine()]
      await store.holds(quarantine)
      await store.ended(quarantine.node, quarantine.device)
      await store.holds(quarantine)
      const past = (await store.list(MANY)).filter(({ node }) => node === quarantine.node)
      expect(past.map(({ endedAt }) => endedAt === null)).toEqual([true, false])
    })

    it('does not believe a node that has long been silent', async () => {
      const [store, quarantine] = [await open(), aQuarantine()]
      await store.holds(quarantine)
      expect((await store.active(-1)).filter(({ node }) => node === quarantine.node)).toEqual([])
    })
  })
}
