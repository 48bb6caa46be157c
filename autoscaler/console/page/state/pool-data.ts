import type { Console } from './console.ts'
import type { Life } from './life.ts'
import type { Look, Minutes, Plan, Verdict } from './resources.ts'
import { createSource, type Source } from './source.ts'

/** What a view of one pool asks for again and again. */
export interface PoolData {
  readonly history: Source<readonly Look[]>
  readonly minutes: Source<Minutes>
  readonly plan: Source<Plan>
  readonly verdict: Source<Verdict>
}

const HISTORY_MS = 10_000
const PLAN_MS = 120_000
const VERDICT_MS = 15_000

/** Begin to ask. Another range is asked for at once. */
export const createPoolData = ({ api, fleet, range }: Console, life: Life, pool: string): PoolData => {
  const path = `pools/${encodeURIComponent(pool)}`
  const since = () => new Date(Date.now() - range.get().backMs).toISOString()
  const ask = <T>(everyMs: number, read: (signal: AbortSignal) => Promise<T>) => createSource(read, { everyMs, life })
  const history = ask(HISTORY_MS, async (signal) => {
    const { points } = await api.get<{ points: readonly Look[] }>(`${path}/history`, { since: since() }, signal)
    return points
  })
  const minutes = ask(HISTORY_MS, (signal) => api.get<Minutes>(`${path}/minutes`, { since: since() }, signal))
  const plan = ask(PLAN_MS, (signal) => api.get<Plan>(`${path}/plan`, {}, signal))
  const verdict = ask(VERDICT_MS, (signal) => api.get<Verdict>(`${path}/bottleneck`, {}, signal))
  life.onEnd(
    range.watch(() => {
      history.refresh()
      minutes.refresh()
    }),
  )
  life.onEnd(fleet.decision.watch((decision) => decision?.pool === pool && history.refresh()))
  return { history, minutes, plan, verdict }
}
