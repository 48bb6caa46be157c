import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { ReplayRecord } from '../../infra/ports/replay-record.ts'

/** What every adapter of the replay record must do. Each opened one speaks of the same record. */
export const describeReplayRecord = (adapter: string, open: () => Promise<ReplayRecord>): void => {
  describe(`ReplayRecord on ${adapter}`, () => {
    it('takes a key once, and others beside it', async () => {
      const [record, key] = [await open(), randomUUID()]
      expect([await record.isNew(key), await record.isNew(key), await record.isNew(`${key}-2`)]).toEqual([
        true,
        false,
        true,
      ])
    })

    it('lets one of many that ask at once have it', async () => {
      const [one, two, key] = [await open(), await open(), randomUUID()]
      const answers = await Promise.all([one, two, one, two].map((record) => record.isNew(key)))
      expect(answers.filter(Boolean)).toHaveLength(1)
    })
  })
}
