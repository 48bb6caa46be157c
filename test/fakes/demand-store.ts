import type { DemandCount, DemandMinute, DemandStore } from '../../infra/ports/demand-store.ts'

const HOUR_MS = 3_600_000

interface Heard {
  readonly at: number
  readonly aheadMs: number
}

/** Demand in memory, for unit tests. Passes the port's contract suite. @param now the database's clock */
export const createMemoryDemandStore = (now: () => number = Date.now): DemandStore => {
  const rows = new Map<string, DemandCount & { readonly source: string }>()
  const heard = new Map<string, Heard>()
  let closedUntil = Number.NEGATIVE_INFINITY

  const keyOf = ({ minute, pool }: DemandCount, source: string) => `${minute} ${pool} ${source}`
  const sum = (counts: readonly DemandMinute[], minute: number): DemandMinute => ({
    minute,
    offeredCount: counts.reduce((total, { offeredCount }) => total + offeredCount, 0),
    refusedCount: counts.reduce((total, { refusedCount }) => total + refusedCount, 0),
  })

  return {
    async put(source, counts, saidAt) {
      heard.set(source, { at: now(), aheadMs: saidAt - now() })
      for (const count of counts) {
        if (count.minute < closedUntil) continue
        const before = rows.get(keyOf(count, source))
        const offeredCount = Math.max(count.offeredCount, before?.offeredCount ?? 0)
        const refusedCount = Math.max(count.refusedCount, before?.refusedCount ?? 0)
        rows.set(keyOf(count, source), { ...count, source, offeredCount, refusedCount })
      }
    },
    async leave(source) {
      heard.delete(source)
    },
    async minutes(pool, from, until) {
      const own = [...rows.values()].filter((row) => row.pool === pool && row.minute >= from && row.minute < until)
      const minutes = [...new Set(own.map(({ minute }) => minute))].sort((a, b) => a - b)
      return minutes.map((minute) =>
        sum(
          own.filter((row) => row.minute === minute),
          minute,
        ),
      )
    },
    async sources() {
      const known = [...heard].map(([source, { at, aheadMs }]) => ({ source, ageMs: now() - at, aheadMs }))
      return known.filter(({ ageMs }) => ageMs < HOUR_MS).sort((a, b) => (a.source < b.source ? -1 : 1))
    },
    async rollUp(before, limit) {
      const until = Math.min(before, now() - HOUR_MS)
      closedUntil = Math.max(closedUntil, until - (until % 60_000))
      const open = [...rows].filter(([, { source, minute }]) => source !== '' && minute < closedUntil).slice(0, limit)
      for (const [key, row] of open) {
        rows.delete(key)
        const whole = rows.get(keyOf(row, ''))
        rows.set(keyOf(row, ''), { ...row, source: '', ...sum(whole ? [row, whole] : [row], row.minute) })
      }
      return open.length
    },
    async forget(before) {
      const old = [...rows].filter(([, { minute }]) => minute < before)
      for (const [key] of old) rows.delete(key)
      return old.length
    },
  }
}
