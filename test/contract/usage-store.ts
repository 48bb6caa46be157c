import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { UsageReport, UsageShare, UsageStore } from '../../infra/ports/usage-store.ts'

const ALWAYS = [0, Date.now() + 86_400_000] as const

/** What every UsageStore promises. */
export const describeUsageStore = (adapter: string, open: () => Promise<UsageStore>): void => {
  describe(`UsageStore on ${adapter}`, () => {
    const start = async () => {
      const [store, pool] = [await open(), `pool-${randomUUID().slice(0, 8)}`]
      const own = <T extends { readonly pool: string }>(rows: readonly T[]) => rows.filter((row) => row.pool === pool)
      const aShare = (overrides: Partial<UsageShare> = {}): UsageShare => ({
        ...{ tenant: 'acme', task: 'ocr', model: 'reader@1.0.0', runCount: 2, busyMs: 300.5 },
        ...overrides,
      })
      const aReport = (overrides: Partial<UsageReport> = {}): UsageReport => ({
        ...{ source: randomUUID(), number: 1, pool, presentMs: 60_000, shares: [aShare()] },
        ...overrides,
      })
      /** Whatever hour it was told in: one may end while a test runs. */
      const usage = async () => {
        const sums = new Map<string, UsageShare>()
        for (const { tenant, task, model, runCount, busyMs } of own(await store.usage(...ALWAYS))) {
          const before = sums.get(`${tenant} ${task} ${model}`)
          const [runs, busy] = [runCount + (before?.runCount ?? 0), busyMs + (before?.busyMs ?? 0)]
          sums.set(`${tenant} ${task} ${model}`, { tenant, task, model, runCount: runs, busyMs: busy })
        }
        return [...sums.values()]
      }
      const presentMs = async () => own(await store.presence(...ALWAYS)).reduce((sum, one) => sum + one.presentMs, 0)
      return { store, pool, aShare, aReport, usage, presentMs }
    }

    it('adds up what several processes tell', async () => {
      const { store, aShare, aReport, usage, presentMs } = await start()
      const other = aShare({ tenant: 'zenith', runCount: 1, busyMs: 7 })
      await Promise.all([
        store.tell(aReport({ shares: [aShare(), other] })),
        store.tell(aReport({ shares: [other, aShare()] })),
        store.tell(aReport({ shares: [] })),
      ])
      expect((await usage()).toSorted((a, b) => (a.tenant < b.tenant ? -1 : 1))).toEqual([
        aShare({ runCount: 4, busyMs: 601 }),
        { ...other, runCount: 2, busyMs: 14 },
      ])
      expect(await presentMs()).toBe(180_000)
    })

    it('counts a report once, however often it is told, and those that follow it', async () => {
      const { store, aShare, aReport, usage, presentMs } = await start()
      const first = aReport()
      await store.tell(first)
      await store.tell(first)
      expect(await usage()).toEqual([aShare()])
      await store.tell({ ...first, number: 2 })
      await store.tell(first)
      expect(await usage()).toEqual([aShare({ runCount: 4, busyMs: 601 })])
      expect(await presentMs()).toBe(120_000)
    })

    it('tells runs apart by tenant, task and models', async () => {
      const { store, aShare, aReport, usage } = await start()
      const shares = [aShare(), aShare({ tenant: 'b' }), aShare({ task: 'liveness' }), aShare({ model: '' })]
      await store.tell(aReport({ shares }))
      expect(await usage()).toHaveLength(4)
    })

    it('answers the hours asked for, each by its beginning', async () => {
      const { store, pool, aReport } = await start()
      await store.tell(aReport())
      const [row] = (await store.usage(...ALWAYS)).filter((one) => one.pool === pool)
      const hour = row?.hour ?? Number.NaN
      expect(hour % 3_600_000).toBe(0)
      const hours = async (from: number, until: number) =>
        [...(await store.usage(from, until)), ...(await store.presence(from, until))].filter((one) => one.pool === pool)
      expect(await hours(hour, hour + 1)).toHaveLength(2)
      expect(await hours(hour + 1, hour + 3_600_000)).toEqual([])
      expect(await hours(hour - 3_600_000, hour)).toEqual([])
    })

    it('keeps what is not old', async () => {
      const { store, aShare, aReport, usage, presentMs } = await start()
      await store.tell(aReport())
      await store.forget(Date.now() - 7_200_000)
      expect(await usage()).toEqual([aShare()])
      expect(await presentMs()).toBe(60_000)
    })
  })
}
