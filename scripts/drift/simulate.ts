import { type ReadDriftStore, readDrift } from '../../autoscaler/drift/read-drift.ts'
import type { SignalDrift } from '../../infra/domain/drift-evaluation.ts'
import { binKey, type DriftShare, SIGNALS } from '../../infra/domain/drift-signals.ts'
import type { TaskName } from '../../infra/domain/task.ts'
import { type TenantHour, type Traffic, trafficOf } from './traffic.ts'

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

/** Added up by tenant and by SDK, as a database would have it. */
const addUp = (hours: readonly (readonly TenantHour[])[], task: TaskName): readonly DriftShare[] => {
  const sums = new Map<string, { readonly which: Omit<DriftShare, 'counts'>; readonly counts: number[] }>()
  const add = (which: Omit<DriftShare, 'counts'>, counts: readonly number[]): void => {
    const key = `${which.model} ${which.by} ${which.value}`
    const sum = sums.get(key)
    if (!sum) return void sums.set(key, { which, counts: [...counts] })
    for (const [bin, count] of counts.entries()) sum.counts[bin] = (sum.counts[bin] ?? 0) + count
  }
  for (const { model, tenant, sdk, counts, ...one } of hours.flat()) {
    if (one.task !== task) continue
    add({ task, model, by: 'tenant', value: tenant }, counts)
    add({ task, model, by: 'sdk', value: sdk }, counts)
  }
  const keys = SIGNALS[task].flatMap(({ name, bins }) => bins.map((bin) => binKey(name, bin)))
  return [...sums.values()].map(({ which, counts }) => ({
    ...which,
    counts: Object.fromEntries(keys.map((key, index) => [key, counts[index] ?? 0])),
  }))
}

/** Let made-up traffic pass, and look at it with the very code that looks at real traffic. */
export async function* watchTraffic({ hours, lookFrom, everyHours, ...traffic }: Watched): AsyncGenerator<Look> {
  const sentIn = trafficOf(traffic)
  const made = new Map<number, readonly TenantHour[]>()
  const hourAt = (at: number): readonly TenantHour[] => {
    const hour = (at - START) / HOUR_MS
    const sent = made.get(hour) ?? (hour < 0 ? [] : sentIn(hour))
    made.set(hour, sent)
    return sent
  }
  const store: ReadDriftStore = { pins: async () => [], sums: async (task, asked) => addUp(asked.map(hourAt), task) }
  for (let hour = lookFrom; hour <= hours; hour += everyHours) {
    const { signals } = await readDrift(store, START + hour * HOUR_MS)
    yield { hour, signals }
  }
}
