import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { DeadLetter, DeadLetters } from '../../infra/ports/dead-letters.ts'
import { eventually } from '../fixtures/eventually.ts'

/** @param reason undefined = the broker gave it up */
export type Kill = (jobId: string, reason?: DeadLetter['reason']) => Promise<void>

/** What every adapter of the dead letters must do. Each opened one has a queue of its own, which is empty. */
export const describeDeadLetters = (
  adapter: string,
  open: () => Promise<{ readonly deadLetters: DeadLetters; readonly kill: Kill }>,
): void => {
  const idsOf = async (deadLetters: DeadLetters) => (await deadLetters.list(100)).map(({ id }) => id)

  describe(`DeadLetters on ${adapter}`, () => {
    it('lists them oldest first, as often as one likes, and keeps them', async () => {
      const { deadLetters, kill } = await open()
      const ids = [randomUUID(), randomUUID(), randomUUID()]
      for (const id of ids) await kill(id, 'exhausted')
      for (let count = 0; count < 25; count += 1) expect((await idsOf(deadLetters)).sort()).toEqual(ids.toSorted())
      expect((await deadLetters.list(2)).length).toBe(2)
      // What a look has handed back is counted again a moment later.
      await eventually(async () => expect(await deadLetters.count()).toBe(3))
      expect((await deadLetters.list(1))[0]).toMatchObject({
        reason: 'exhausted',
        job: { tenant: 'acme', task: 'ocr' },
      })
    })

    it('removes what is done with and keeps the rest in order', async () => {
      const { deadLetters, kill } = await open()
      const ids = [randomUUID(), randomUUID(), randomUUID()]
      for (const id of ids) await kill(id, 'missing')
      expect(await deadLetters.settle(10, async ({ id }) => (id === ids[1] ? 'remove' : 'keep'))).toBe(1)
      expect(await idsOf(deadLetters)).toEqual([ids[0], ids[2]])
    })

    it('keeps all from the one on that could not be decided on', async () => {
      const { deadLetters, kill } = await open()
      const ids = [randomUUID(), randomUUID()]
      for (const id of ids) await kill(id, 'missing')
      const decide = async ({ id }: DeadLetter) => {
        if (id === ids[1]) throw new Error('away')
        return 'remove' as const
      }
      await expect(deadLetters.settle(10, decide)).rejects.toThrow('away')
      expect(await idsOf(deadLetters)).toEqual([ids[1]])
    })
  })
}
