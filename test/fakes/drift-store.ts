import type { DriftEvaluation, PinnedReference } from '../../infra/domain/drift-evaluation.ts'
import type { DriftCounts, DriftShare } from '../../infra/domain/drift-signals.ts'
import type { DriftStore } from '../../infra/ports/drift-store.ts'

const HOUR_MS = 3_600_000

const add = (one: DriftCounts, other: DriftCounts): DriftCounts => {
  const sums: Record<string, number> = { ...one }
  for (const [key, count] of Object.entries(other)) sums[key] = (sums[key] ?? 0) + count
  return sums
}

const keyOf = ({ task, model, by, value }: DriftShare): string => JSON.stringify([task, model, by, value])

/** Distributions in memory, for unit tests. Passes the port's contract suite. @param now the database's clock */
export const createMemoryDriftStore = (now: () => number = Date.now): DriftStore => {
  const numbers = new Map<string, number>()
  const hours = new Map<number, Map<string, DriftShare>>()
  const pins = new Map<string, PinnedReference>()
  let kept: DriftEvaluation | undefined

  const addTo = (sums: Map<string, DriftShare>, share: DriftShare): void => {
    const before = sums.get(keyOf(share))
    sums.set(keyOf(share), { ...share, counts: add(before?.counts ?? {}, share.counts) })
  }

  return {
    async tell({ source, number, shares }) {
      if (number <= (numbers.get(source) ?? 0)) return
      numbers.set(source, number)
      const hour = Math.floor(now() / HOUR_MS) * HOUR_MS
      const sums = hours.get(hour) ?? new Map<string, DriftShare>()
      hours.set(hour, sums)
      for (const share of shares) addTo(sums, share)
    },
    async sums(task, asked) {
      const sums = new Map<string, DriftShare>()
      for (const hour of new Set(asked))
        for (const share of hours.get(hour)?.values() ?? []) if (share.task === task) addTo(sums, share)
      return [...sums.values()]
    },
    async forget(before) {
      let gone = 0
      for (const [hour, sums] of hours)
        for (const [key, { task }] of sums) {
          const pin = pins.get(task)
          if (hour >= before || (pin && hour >= pin.from && hour < pin.until)) continue
          sums.delete(key)
          gone += 1
        }
      return gone
    },
    pins: async () => [...pins.values()].toSorted((a, b) => (a.task < b.task ? -1 : 1)),
    async pin(reference) {
      pins.set(reference.task, { ...reference, setAt: now() })
    },
    unpin: async (task) => pins.delete(task),
    async keep(evaluation) {
      kept = structuredClone(evaluation)
    },
    latest: async () => kept,
  }
}
