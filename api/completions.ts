import type { Completion } from '../infra/domain/message.ts'

/** Why a wait was interrupted: the job ended, or this process is draining. */
export type WakeUp = 'completed' | 'released'

/** One caller waiting for one job. Whoever registered it must call `leave`, whatever happens. */
export interface Waiter {
  /** Tell of the next wake-up, once; of one that came since the last, at once. A later `notify` replaces an earlier one. */
  next(notify: (wakeUp: WakeUp) => void): void
  leave(): void
}

/** The completions that reach this process, and who waits for which. */
export interface Completions {
  /** hand in what the reply queue brought; completions nobody waits for are fine */
  deliver(completion: Completion): void
  /** register before publishing, or the wake-up may come first and be missed */
  wait(jobId: string): Waiter
  /** call `listener` for every completion from now on */
  onDelivery(listener: (completion: Completion) => void): void
  /** end every wait, and every later one at once: the process is draining */
  release(): void
  waiterCount(): number
}

interface Latch {
  seen: WakeUp | undefined
  notify: ((wakeUp: WakeUp) => void) | undefined
}

const wake = (latch: Latch, wakeUp: WakeUp): void => {
  const { notify } = latch
  latch.notify = undefined
  if (notify) notify(wakeUp)
  else latch.seen = wakeUp
}

/** Registry of waiting callers: no I/O, no timers; a second caller for the same job waits beside the first. */
export const createCompletions = (): Completions => {
  const waiting = new Map<string, Set<Latch>>()
  const listeners: ((completion: Completion) => void)[] = []
  let waiterCount = 0
  let released = false

  const wait = (jobId: string): Waiter => {
    const latch: Latch = { seen: undefined, notify: undefined }
    const beside = waiting.get(jobId) ?? new Set()
    waiting.set(jobId, beside.add(latch))
    waiterCount += 1
    return {
      next(notify) {
        const seen = released ? 'released' : latch.seen
        latch.seen = undefined
        if (seen) notify(seen)
        else latch.notify = notify
      },
      leave() {
        if (!beside.delete(latch)) return
        waiterCount -= 1
        if (beside.size === 0 && waiting.get(jobId) === beside) waiting.delete(jobId)
      },
    }
  }

  return {
    wait,
    deliver(completion) {
      for (const latch of waiting.get(completion.id) ?? []) wake(latch, 'completed')
      for (const listener of listeners) listener(completion)
    },
    onDelivery: (listener) => void listeners.push(listener),
    release() {
      released = true
      for (const beside of waiting.values()) for (const latch of beside) wake(latch, 'released')
    },
    waiterCount: () => waiterCount,
  }
}
