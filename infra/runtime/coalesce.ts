import { AppError } from '../domain/errors.ts'

interface Waiting<In, Out> {
  readonly item: In
  readonly resolve: (out: Out) => void
  readonly reject: (error: unknown) => void
}

/**
 * Group single calls into batches without ever lingering: a call that finds a free slot goes at once, calls that arrive
 * while every slot is busy leave together when one frees. So a quiet system pays no delay and a busy one few round trips
 * (a fixed linger was slower at every load measured; docs/benchmarks.md).
 * @param flush one round trip for all items; answers one output an item, in order
 * @param maxItems most items in one flush
 * @param slotCount most flushes under way at once
 */
export const coalesce = <In, Out>(
  flush: (items: readonly In[]) => Promise<readonly Out[]>,
  { maxItems, slotCount }: { readonly maxItems: number; readonly slotCount: number },
): ((item: In) => Promise<Out>) => {
  let waiting: Waiting<In, Out>[] = []
  let busyCount = 0

  const pump = (): void => {
    while (busyCount < slotCount && waiting.length > 0) {
      const batch = waiting.slice(0, maxItems)
      waiting = waiting.slice(maxItems)
      busyCount += 1
      void settle(batch).finally(() => {
        busyCount -= 1
        pump()
      })
    }
  }

  const settle = async (batch: readonly Waiting<In, Out>[]): Promise<void> => {
    try {
      const outs = await flush(batch.map(({ item }) => item))
      for (const [index, { resolve }] of batch.entries()) resolve(outs[index] as Out)
    } catch (error) {
      // A server that is away fails everybody alike. Anything else may be one bad item: its neighbours go again without it.
      if (batch.length > 1 && !(error instanceof AppError)) for (const one of batch) await settle([one])
      else for (const { reject } of batch) reject(error)
    }
  }

  let scheduled = false
  return (item) =>
    new Promise<Out>((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (scheduled) return
      scheduled = true
      // After the current turn of the event loop: callers woken by the same socket read share one flush.
      setImmediate(() => {
        scheduled = false
        pump()
      })
    })
}
