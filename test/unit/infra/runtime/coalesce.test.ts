import { describe, expect, it, vi } from 'vitest'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import { coalesce } from '../../../../infra/runtime/coalesce.ts'
import { eventually } from '../../../fixtures/eventually.ts'

/** A flush the test ends by hand. */
const start = (slotCount = 1, maxItems = 10) => {
  const flushes: { items: readonly number[]; end: () => void; fail: (error: Error) => void }[] = []
  const call = coalesce(
    (items: readonly number[]) =>
      new Promise<readonly number[]>((resolve, reject) => {
        flushes.push({ items, end: () => resolve(items.map((item) => item * 10)), fail: reject })
      }),
    { maxItems, slotCount },
  )
  return { call, flushes }
}

describe('coalesce', () => {
  it('groups the calls of one moment and answers each its own', async () => {
    const { call, flushes } = start()
    const answers = Promise.all([call(1), call(2), call(3)])
    await eventually(() => expect(flushes.map(({ items }) => items)).toEqual([[1, 2, 3]]))
    flushes[0]?.end()
    expect(await answers).toEqual([10, 20, 30])
  })

  it('gathers what comes while it is busy, and never more than the maximum', async () => {
    const { call, flushes } = start(1, 2)
    const first = call(1)
    await eventually(() => expect(flushes).toHaveLength(1))
    const rest = Promise.all([call(2), call(3), call(4)])
    flushes[0]?.end()
    await eventually(() => expect(flushes[1]?.items).toEqual([2, 3]))
    flushes[1]?.end()
    await eventually(() => expect(flushes[2]?.items).toEqual([4]))
    flushes[2]?.end()
    expect([await first, ...(await rest)]).toEqual([10, 20, 30, 40])
  })

  it('has no more flushes under way than slots', async () => {
    const { call, flushes } = start(2, 1)
    for (const item of [1, 2, 3]) void call(item)
    await eventually(() => expect(flushes.map(({ items }) => items)).toEqual([[1], [2]]))
  })

  it('fails everybody when the server is away', async () => {
    const { call, flushes } = start()
    const answers = Promise.allSettled([call(1), call(2)])
    await eventually(() => expect(flushes).toHaveLength(1))
    flushes[0]?.fail(new UnavailableError('postgres', null))
    expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(flushes).toHaveLength(1)
  })

  it('lets the neighbours of one bad item pass', async () => {
    const flush = vi.fn(async (items: readonly number[]) => {
      if (items.includes(2)) throw new Error('bad item')
      return items
    })
    const call = coalesce(flush, { maxItems: 10, slotCount: 1 })
    const answers = await Promise.allSettled([call(1), call(2), call(3)])
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })
})
