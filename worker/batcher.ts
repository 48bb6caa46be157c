import type { Clock } from '../infra/ports/clock.ts'
import { type BatchPolicy, decideBatch, type Waiting } from './batching.ts'
import { DeadlinePassedError } from './settle.ts'

interface Entry<In, Out> extends Waiting {
  readonly item: In
  readonly resolve: (out: Out) => void
  readonly reject: (error: unknown) => void
}

export interface BatcherOptions<In, Out> extends BatchPolicy {
  /** batches under way at once: as many as there are inference threads */
  readonly slotCount: number
  readonly clock: Clock
  /** one answer an item, in order */
  readonly run: (items: readonly In[]) => Promise<readonly Out[]>
}

/**
 * Gathers items into batches. While every slot is busy items simply gather; when one frees, the oldest go together.
 * @throws DeadlinePassedError for an item whose time ran out before its turn: it never reaches `run`
 * @throws the signal's reason for an item that was taken back before its turn: its neighbours go without it
 */
export interface Batcher<In, Out> {
  /**
   * @param expiresAt monotonic ms
   * @param signal takes the item back while it waits; a batch under way is not disturbed
   */
  add(item: In, expiresAt: number, signal?: AbortSignal): Promise<Out>
  waitingCount(): number
}

export const createBatcher = <In, Out>(options: BatcherOptions<In, Out>): Batcher<In, Out> => {
  const { slotCount, clock, run } = options
  let waiting: Entry<In, Out>[] = []
  let busyCount = 0
  let timer: NodeJS.Timeout | undefined

  const dropExpired = (now: number) => {
    const expired = waiting.filter(({ expiresAt }) => expiresAt <= now)
    if (expired.length === 0) return
    waiting = waiting.filter(({ expiresAt }) => expiresAt > now)
    for (const { reject } of expired) reject(new DeadlinePassedError())
  }

  const pump = () => {
    clearTimeout(timer)
    dropExpired(clock.monotonic())
    while (busyCount < slotCount && waiting.length > 0) {
      const decision = decideBatch(waiting, clock.monotonic(), options)
      if (decision.kind === 'wait') {
        timer = setTimeout(pump, decision.ms)
        return
      }
      const batch = waiting.slice(0, decision.count)
      waiting = waiting.slice(decision.count)
      busyCount += 1
      void runBatch(batch)
    }
  }

  const runBatch = async (batch: readonly Entry<In, Out>[]) => {
    try {
      const outs = await run(batch.map(({ item }) => item))
      for (const [index, { resolve }] of batch.entries()) resolve(outs[index] as Out)
    } catch (error) {
      for (const { reject } of batch) reject(error)
    } finally {
      busyCount -= 1
      pump()
    }
  }

  return {
    add: (item, expiresAt, signal) =>
      new Promise<Out>((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const entry = { item, expiresAt, since: clock.monotonic(), resolve, reject }
        waiting.push(entry)
        // Of those who are no longer waiting the batch decides.
        const takeBack = () => {
          if (!waiting.includes(entry)) return
          waiting = waiting.filter((one) => one !== entry)
          reject(signal?.reason)
        }
        signal?.addEventListener('abort', takeBack, { once: true })
        pump()
      }),
    waitingCount: () => waiting.length,
  }
}
