import { addSums, NOTHING } from '../../infra/domain/duration-sum.ts'
import { mergeSums, type PoolMinute } from '../../infra/domain/pool-minute.ts'
import type { MinutePart, MinuteStore } from '../../infra/ports/minute-store.ts'

const MINUTE_MS = 60_000

/** Minutes in memory, for unit tests. Passes the port's contract suite. @param now the database's clock */
export const createMemoryMinuteStore = (now: () => number = Date.now): MinuteStore => {
  const numbers = new Map<string, number>()
  let rows: readonly MinutePart[] = []
  const keyOf = ({ at, pool, series }: MinutePart): string => `${at} ${pool} ${series}`

  const add = (part: MinutePart): void => {
    const { at, pool, series } = part
    const same = rows.find((row) => keyOf(row) === keyOf(part))
    rows = [...rows.filter((row) => row !== same), { at, pool, series, ...addSums(same ?? NOTHING, part) }]
  }

  return {
    async tell({ source, number, now: theirs, parts }) {
      if (number <= (numbers.get(source) ?? 0)) return
      numbers.set(source, number)
      const shiftMs = Math.round((now() - theirs) / MINUTE_MS) * MINUTE_MS
      for (const part of parts) add({ ...part, at: part.at + shiftMs })
    },
    async minutes(pool, from, until, stepMs, detail) {
      const steps = new Map<number, PoolMinute['sums'][]>()
      for (const { series, ...row } of rows) {
        if (row.pool !== pool || row.at < from || row.at >= until) continue
        if (detail === undefined && series.startsWith('task/')) continue
        const at = row.at - (row.at % stepMs)
        steps.set(at, [...(steps.get(at) ?? []), { [series]: addSums(NOTHING, row) }])
      }
      return [...steps].sort(([a], [b]) => a - b).map(([at, sums]) => ({ at, sums: mergeSums(sums) }))
    },
    async rollUp(before, stepMs, limit) {
      const isOpen = (row: MinutePart) => row.at < before && row.at % stepMs !== 0
      const picked = rows.filter(isOpen).slice(0, limit)
      rows = rows.filter((row) => !picked.includes(row))
      for (const row of picked) add({ ...row, at: row.at - (row.at % stepMs) })
      return picked.length
    },
    async forget(before) {
      const kept = rows.filter(({ at }) => at >= before)
      const gone = rows.length - kept.length
      rows = kept
      return gone
    },
  }
}
