import type { UsageHour, UsageReport, UsageStore } from '../../infra/ports/usage-store.ts'

const HOUR_MS = 3_600_000

/** Usage in memory, for unit tests. Passes the port's contract suite. @param now the database's clock */
export const createMemoryUsageStore = (now: () => number = Date.now): UsageStore => {
  const numbers = new Map<string, number>()
  let usage: readonly UsageHour[] = []
  let presence: readonly { readonly hour: number; readonly pool: string; readonly presentMs: number }[] = []

  const add = ({ pool, presentMs, shares }: UsageReport, hour: number): void => {
    const there = presence.find((one) => one.hour === hour && one.pool === pool)
    presence = [
      ...presence.filter((one) => one !== there),
      { hour, pool, presentMs: presentMs + (there?.presentMs ?? 0) },
    ]
    for (const share of shares) {
      const { tenant, task, model } = share
      const same = usage.find(
        (one) =>
          [one.hour, one.pool, one.tenant, one.task, one.model].join('|') ===
          [hour, pool, tenant, task, model].join('|'),
      )
      const sums = { runCount: share.runCount + (same?.runCount ?? 0), busyMs: share.busyMs + (same?.busyMs ?? 0) }
      usage = [...usage.filter((one) => one !== same), { ...share, ...sums, hour, pool }]
    }
  }

  const within = (from: number, until: number) => (one: { readonly hour: number }) =>
    one.hour >= from && one.hour < until
  return {
    async tell(report) {
      if (report.number <= (numbers.get(report.source) ?? 0)) return
      numbers.set(report.source, report.number)
      add(report, Math.floor(now() / HOUR_MS) * HOUR_MS)
    },
    usage: async (from, until) => usage.filter(within(from, until)).toSorted((a, b) => a.hour - b.hour),
    presence: async (from, until) => presence.filter(within(from, until)).toSorted((a, b) => a.hour - b.hour),
    async forget(before) {
      const kept = usage.filter(({ hour }) => hour >= before)
      const gone = usage.length - kept.length
      usage = kept
      presence = presence.filter(({ hour }) => hour >= before)
      return gone
    },
  }
}
