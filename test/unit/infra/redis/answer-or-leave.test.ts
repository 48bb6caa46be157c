import { expect, it, vi } from 'vitest'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import { createAnswerOrLeave } from '../../../../infra/redis/answer-or-leave.ts'

const never = () => new Promise<never>(() => {})

it('answers what arrives in time, and asks nobody while there is no connection', async () => {
  await expect(createAnswerOrLeave(() => true, 1_000)(async () => 1)).resolves.toBe(1)
  const call = vi.fn(async () => 1)
  await expect(createAnswerOrLeave(() => false, 1_000)(call)).rejects.toBeInstanceOf(UnavailableError)
  expect(call).not.toHaveBeenCalled()
})

it('takes an answer that has arrived while the process was busy past the time', async () => {
  const ask = createAnswerOrLeave(() => true, 5)
  const answer = ask(() => new Promise((resolve) => setTimeout(resolve, 1, 'arrived')))
  const busyUntil = performance.now() + 50
  while (performance.now() < busyUntil);
  await expect(answer).resolves.toBe('arrived')
})

it('spares the others after a silence, and lets one at a time find out whether it is over', async () => {
  vi.useFakeTimers()
  try {
    const ask = createAnswerOrLeave(() => true, 100)
    const silent = expect(ask(never)).rejects.toBeInstanceOf(UnavailableError)
    await vi.advanceTimersByTimeAsync(110)
    await silent
    const call = vi.fn(async () => 'back')
    await expect(ask(call)).rejects.toBeInstanceOf(UnavailableError)
    await vi.advanceTimersByTimeAsync(1_000)
    const [probe, beside] = [ask(call), ask(call)]
    await expect(beside).rejects.toBeInstanceOf(UnavailableError)
    await expect(probe).resolves.toBe('back')
    await expect(ask(call)).resolves.toBe('back')
    expect(call).toHaveBeenCalledTimes(2)
  } finally {
    vi.useRealTimers()
  }
})
