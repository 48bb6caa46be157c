import { readDrift } from '../../autoscaler/drift/read-drift.ts'
import type { DriftEvaluation, SignalDrift } from '../../infra/domain/drift-evaluation.ts'
import type { DriftShare } from '../../infra/domain/drift-signals.ts'
import { type Traffic, trafficOf } from './traffic.ts'

const HOUR_MS = 3_600_000
/** A Monday, midnight UTC. */
const START = Date.UTC(2026, 0, 5)

/** How many hours traffic goes on, and from which on it is looked at, every so many hours. */
export interface Watched extends Traffic {
  readonly hours: number
  readonly lookFrom: number
  readonly everyHours: number
}

/** What one look saw. @property hour since the traffic began, at its end */
export interface Look {
  readonly hour: number
  readonly signals: readonly SignalDrift[]
}

const addUp = (hours: readonly (readonly DriftShare[])[], task: string): readonly DriftShare[] => {
  const sums = new Map<string, { readonly share: DriftShare; readonly counts: Record<string, number> }>()
  for (const share of hours.flat()) {
    if (share.task !== task) continue
    const key = `${share.model} ${share.by} ${share.value}`
    const sum = sums.get(key) ?? { share, counts: {} }
    sums.set(key, sum)
    for (const bin in share.counts) sum.counts[bin] = (sum.counts[bin] ?? 0) + (share.counts[bin] ?? 0)
  }
  return [...sums.values()].map(({ share, counts }) => ({ ...share, counts }))
}

/** Let made-up traffic pass, and look at it with the very code that looks at real traffic. */
export async function* watchTraffic({ hours, lookFrom, everyHours, ...traffic }: Watched): AsyncGenerator<Look> {
  const next = trafficOf(traffic)
  const kept: (readonly DriftShare[])[] = []
  const store = {
    pins: async () => [],
    sums: async (task: string, asked: readonly number[]) =>
      addUp(
        asked.map((at) => kept[(at - START) / HOUR_MS] ?? []),
        task,
      ),
  }
  for (let hour = 1; hour <= hours; hour += 1) {
    kept.push(next())
    if (hour < lookFrom || (hour - lookFrom) % everyHours !== 0) continue
    const { signals }: DriftEvaluation = await readDrift(store, START + hour * HOUR_MS)
    yield { hour, signals }
  }
}
