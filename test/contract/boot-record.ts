import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { BootRecord } from '../../infra/ports/boot-record.ts'

/** What every BootRecord promises. */
export const describeBootRecord = (adapter: string, open: () => Promise<BootRecord>): void => {
  describe(`BootRecord on ${adapter}`, () => {
    const start = async () => {
      const [record, pool] = [await open(), `pool-${randomUUID().slice(0, 8)}`]
      return { record, pool, id: randomUUID(), starts: () => record.starts(pool, 0, 10) }
    }

    it('knows how far a worker has come', async () => {
      const { record, pool, id, starts } = await start()
      await record.started(id, pool, 5_000)
      expect(await starts()).toEqual([
        { workerId: id, pool, startedAt: expect.any(Number), readyAt: null, firstJobAt: null, device: null },
      ])
      await record.ready(id, 'cuda')
      await record.firstJob(id)
      const [{ startedAt = 0, readyAt, firstJobAt, device } = {}] = await starts()
      expect(device).toBe('cuda')
      expect(readyAt).toBeGreaterThanOrEqual(startedAt + 5_000)
      expect(firstJobAt).toBeGreaterThanOrEqual(readyAt ?? Number.NaN)
    })

    it('keeps the first of all first jobs', async () => {
      const { record, pool, id, starts } = await start()
      await record.started(id, pool, 0)
      await record.firstJob(id)
      const [first] = await starts()
      await record.firstJob(id)
      expect(await starts()).toEqual([first])
    })

    it('begins anew with a process that has the id of an earlier one', async () => {
      const { record, pool, id, starts } = await start()
      await record.started(id, pool, 60_000)
      await record.ready(id, 'cpu')
      await record.firstJob(id)
      await record.started(id, pool, 0)
      expect(await starts()).toMatchObject([{ workerId: id, readyAt: null, firstJobAt: null, device: null }])
    })

    it('takes no word of a worker that it does not know', async () => {
      const { record, id, starts } = await start()
      await record.ready(id, 'cpu')
      await record.firstJob(id)
      expect(await starts()).toEqual([])
    })

    it('answers the newest of one pool', async () => {
      const { record, pool, starts } = await start()
      const ids = [randomUUID(), randomUUID(), randomUUID()] as const
      await record.started(ids[0], pool, 30_000)
      await record.started(ids[1], pool, 10_000)
      await record.started(ids[2], pool, 20_000)
      await record.started(randomUUID(), `${pool}-other`, 0)
      expect((await starts()).map(({ workerId }) => workerId)).toEqual([ids[1], ids[2], ids[0]])
      expect(await record.starts(pool, 0, 1)).toMatchObject([{ workerId: ids[1] }])
      const [newest] = await starts()
      expect(await record.starts(pool, newest?.startedAt ?? 0, 10)).toMatchObject([{ workerId: ids[1] }])
    })

    it('forgets what is old', async () => {
      const { record, pool, id, starts } = await start()
      await record.started(randomUUID(), pool, 3_600_000)
      await record.started(id, pool, 0)
      expect(await record.forget(Date.now() - 1_800_000)).toBeGreaterThanOrEqual(1)
      expect(await starts()).toMatchObject([{ workerId: id }])
    })
  })
}
