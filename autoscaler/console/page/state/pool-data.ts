import type { Console } from './console.ts'
import type { Life } from './life.ts'
import type { Look, Minutes, Plan, Verdict } from './resources.ts'
import { createSource, type Source } from './source.ts'
import type { Value } from './value.ts'

/** What is asked for again and again of a pool that is shown in short. */
export interface CardData {
  readonly history: Source<readonly Look[]>
  readonly minutes: Source<Minutes>
  readonly verdict: Source<Verdict>
}

/** And of one that is shown whole. */
export interface PoolData extends CardData {
  readonly plan: Source<Plan>
}

const HISTORY_MS = 10_000
const PLAN_MS = 120_000
const VERDICT_MS = 15_000

const pathOf = (pool: string): string => `pools/${encodeURIComponent(pool)}`

type Asking = Pick<Console, 'api' | 'fleet' | 'range'>

/** Begin to ask. Another range is asked for at once. @param sight whether the card can be seen; without it, it can */
export const createCardData = (
  { api, fleet, range }: Asking,
  life: Life,
  pool: string,
  sight?: Value<boolean>,
): CardData => {
  const path = pathOf(pool)
  const since = () => new Date(Date.now() - range.get().backMs).toISOString()
  const ask = <T>(everyMs: number, read: (signal: AbortSignal) => Promise<T>) =>
    createSource(read, { everyMs, life, ...(sight && { sight }) })
  const history = ask(HISTORY_MS, async (signal) => {
    const { points } = await api.get<{ points: readonly Look[] }>(`${path}/history`, { since: since() }, signal)
    return points
  })
  const minutes = ask(HISTORY_MS, (signal) => api.get<Minutes>(`${path}/minutes`, { since: since() }, signal))
  const verdict = ask(VERDICT_MS, (signal) => api.get<Verdict>(`${path}/bottleneck`, {}, signal))
  life.onEnd(
    range.watch(() => {
      history.refresh()
      minutes.refresh()
    }),
  )
  life.onEnd(fleet.decision.watch((decision) => decision?.pool === pool && history.refresh()))
  return { history, minutes, verdict }
}

/** Begin to ask for all of a pool. */
export const createPoolData = (console: Asking, life: Life, pool: string): PoolData => {
  const read = (signal: AbortSignal) => console.api.get<Plan>(`${pathOf(pool)}/plan`, {}, signal)
  return { ...createCardData(console, life, pool), plan: createSource(read, { everyMs: PLAN_MS, life }) }
}
