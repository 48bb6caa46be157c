import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import { createPublishMarks } from '../../../../infra/runtime/publish-marks.ts'
import { silence } from '../../../fixtures/silence.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const start = () => {
  const markPublished = vi.fn(async (_ids: readonly string[]) => {})
  const broker: { trouble: 'disconnected' | undefined } = { trouble: undefined }
  const marks = createPublishMarks({ markPublished }, silence().log, { trouble: () => broker.trouble })
  return { markPublished, marks, broker }
}

it('drops marks of a broker that is away: it may come back without its disk', async () => {
  const { marks, markPublished, broker } = start()
  marks.confirmed('a')
  await vi.advanceTimersByTimeAsync(500)
  marks.confirmed('b')
  broker.trouble = 'disconnected'
  await vi.advanceTimersByTimeAsync(500)
  broker.trouble = undefined
  marks.confirmed('c')
  await vi.advanceTimersByTimeAsync(1_000)
  expect(markPublished.mock.calls).toEqual([[['c']]])
  await marks.close()
})

it('marks jobs that are still open half a second later, in one call', async () => {
  const { marks, markPublished } = start()
  marks.confirmed('a')
  marks.confirmed('b')
  await vi.advanceTimersByTimeAsync(500)
  expect(markPublished).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(500)
  expect(markPublished.mock.calls).toEqual([[['a', 'b']]])
  await marks.close()
})

it('never marks a job that ended before', async () => {
  const { marks, markPublished } = start()
  marks.confirmed('a')
  marks.confirmed('b')
  marks.completed('a')
  await vi.advanceTimersByTimeAsync(500)
  marks.completed('b')
  await vi.advanceTimersByTimeAsync(1_000)
  expect(markPublished).not.toHaveBeenCalled()
  await marks.close()
})

it('never marks a job whose completion overtook the confirm', async () => {
  const { marks, markPublished } = start()
  marks.completed('a')
  marks.confirmed('a')
  marks.confirmed('b')
  await vi.advanceTimersByTimeAsync(1_000)
  expect(markPublished.mock.calls).toEqual([[['b']]])
  await marks.close()
})

it('marks what is left when it is closed, and nothing afterwards', async () => {
  const { marks, markPublished } = start()
  marks.confirmed('a')
  await vi.advanceTimersByTimeAsync(500)
  marks.confirmed('b')
  await marks.close()
  expect(markPublished.mock.calls.flat(2).sort()).toEqual(['a', 'b'])
  expect(vi.getTimerCount()).toBe(0)
})

it('goes on when the store does not answer', async () => {
  const { marks, markPublished } = start()
  markPublished.mockRejectedValueOnce(new UnavailableError('postgres', undefined))
  marks.confirmed('a')
  await vi.advanceTimersByTimeAsync(1_000)
  marks.confirmed('b')
  await vi.advanceTimersByTimeAsync(1_000)
  expect(markPublished.mock.calls).toEqual([[['a']], [['b']]])
  await marks.close()
})
