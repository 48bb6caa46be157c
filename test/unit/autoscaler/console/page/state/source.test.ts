import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLife, type Life } from '../../../../../../autoscaler/console/page/state/life.ts'
import { ProblemError } from '../../../../../../autoscaler/console/page/state/problem.ts'
import { createSource } from '../../../../../../autoscaler/console/page/state/source.ts'
import { value } from '../../../../../../autoscaler/console/page/state/value.ts'

const EVERY_MS = 5_000

describe('a source', () => {
  let life: Life
  beforeEach(() => {
    vi.useFakeTimers()
    vi.stubGlobal('document', Object.assign(new EventTarget(), { visibilityState: 'visible' }))
    life = createLife()
  })
  afterEach(() => {
    life.end()
    vi.unstubAllGlobals()
    vi.useRealTimers()
  })

  /** Answers and failures come so late, one after the other. */
  const late = (ms: number, answer: (nth: number) => string) => {
    let count = 0
    return () => {
      count += 1
      const nth = count
      return new Promise<string>((resolve, reject) => {
        setTimeout(() => {
          try {
            resolve(answer(nth))
          } catch (error) {
            reject(error)
          }
        }, ms)
      })
    }
  }

  it('shows answers that take longer than it waits between two questions', async () => {
    const { state } = createSource(
      late(2.5 * EVERY_MS, (nth) => `answer ${nth}`),
      { everyMs: EVERY_MS, life },
    )
    await vi.advanceTimersByTimeAsync(10 * EVERY_MS)
    expect(state.get().value).toBe('answer 3')
  })

  it('says what is wrong where failing takes longer than that', async () => {
    const { state } = createSource(
      late(2.5 * EVERY_MS, () => {
        throw new ProblemError(0, 'AWAY', 'the autoscaler does not answer')
      }),
      { everyMs: EVERY_MS, life },
    )
    await vi.advanceTimersByTimeAsync(10 * EVERY_MS)
    expect(state.get().problem?.code).toBe('AWAY')
  })

  it('shows the answer to the later of two questions, whichever comes first', async () => {
    const answers: ((answer: string) => void)[] = []
    const { state, refresh } = createSource(() => new Promise<string>((resolve) => answers.push(resolve)), {
      everyMs: EVERY_MS,
      life,
    })
    refresh()
    answers[1]?.('of another range')
    answers[0]?.('of the range before')
    await vi.advanceTimersByTimeAsync(0)
    expect(state.get().value).toBe('of another range')
  })

  it('asks nothing for what nobody sees, and at once when it is seen', async () => {
    const sight = value(false)
    let asked = 0
    const ask = async () => `answer ${++asked}`
    const { state, refresh } = createSource(ask, { everyMs: EVERY_MS, life, sight })
    refresh()
    await vi.advanceTimersByTimeAsync(3 * EVERY_MS)
    expect(asked).toBe(0)
    sight.set(true)
    await vi.advanceTimersByTimeAsync(1)
    expect(state.get().value).toBe('answer 1')
    // Who scrolls up and down does not ask each time.
    for (const seen of [false, true, false, true]) sight.set(seen)
    await vi.advanceTimersByTimeAsync(1)
    expect(asked).toBe(1)
    sight.set(false)
    await vi.advanceTimersByTimeAsync(2 * EVERY_MS)
    expect(asked).toBe(1)
    sight.set(true)
    await vi.advanceTimersByTimeAsync(1)
    expect(state.get().value).toBe('answer 2')
    // What it is about has changed meanwhile, another range for example.
    sight.set(false)
    refresh()
    sight.set(true)
    await vi.advanceTimersByTimeAsync(1)
    expect(state.get().value).toBe('answer 3')
  })
})
