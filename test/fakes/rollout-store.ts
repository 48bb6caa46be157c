import type { Rollout } from '../../infra/domain/rollout.ts'
import { type Arm, addCounts, noCounts } from '../../infra/domain/rollout-counts.ts'
import type { RolloutStore, RolloutTally, RolloutWorker } from '../../infra/ports/rollout-store.ts'

const isInForce = ({ state }: Rollout): boolean => state === 'active' || state === 'promoted'
const minuteOf = (now: number): number => Math.floor(now / 60_000) * 60_000

/** Rollouts in memory, for unit tests. Passes the port's contract suite. @param now epoch ms, the database's clock */
export const createMemoryRolloutStore = (now: () => number = Date.now): RolloutStore => {
  const rollouts = new Map<string, Rollout>()
  const workers = new Map<string, Map<string, RolloutWorker>>()
  let whole: RolloutTally[] = []
  let minutes: (RolloutTally & { readonly minute: number })[] = []
  const of = (id: string): Map<string, RolloutWorker> => {
    const known = workers.get(id) ?? new Map<string, RolloutWorker>()
    workers.set(id, known)
    return known
  }
  return {
    async start(wanted) {
      const other = [...rollouts.values()].find((one) => one.task === wanted.task && isInForce(one))
      if (other) return { kind: 'busy', id: other.id }
      const id = String(rollouts.size + 1)
      const unchanged = { changedAt: null, changedBy: null, changeReason: null }
      const rollout: Rollout = { ...wanted, id, state: 'active', startedAt: now(), ...unchanged }
      rollouts.set(id, rollout)
      return { kind: 'started', rollout }
    },
    find: async (id) => rollouts.get(id),
    list: async (limit) => [...rollouts.values()].toReversed().slice(0, limit),
    inForce: async () => [...rollouts.values()].filter(isInForce),
    async change(id, { from, to, by, reason }) {
      const rollout = rollouts.get(id)
      if (!rollout || !from.includes(rollout.state)) return undefined
      const changed: Rollout = { ...rollout, state: to, changedAt: now(), changedBy: by, changeReason: reason }
      rollouts.set(id, changed)
      return changed
    },
    async enter(id, worker) {
      const before = of(id).get(worker)
      const lost = before?.state === 'loading' || before?.state === 'ready' ? 1 : 0
      const lostCount = (before?.lostCount ?? 0) + lost
      of(id).set(worker, { worker, state: 'loading', lostCount, error: null, seenAt: now() })
      return lostCount
    },
    async tell(id, worker, state, error) {
      const before = of(id).get(worker)
      const kept = error ?? (state === 'left' ? (before?.error ?? null) : null)
      of(id).set(worker, { worker, state, lostCount: before?.lostCount ?? 0, error: kept, seenAt: now() })
    },
    workers: async (id) => [...of(id).values()].toSorted((a, b) => (a.worker < b.worker ? -1 : 1)),
    async add(tallies) {
      const known = tallies.filter(({ rolloutId }) => rollouts.has(rolloutId))
      whole = [...whole, ...known]
      minutes = [...minutes, ...known.map((tally) => ({ ...tally, minute: minuteOf(now()) }))]
    },
    async counts(id, lookbackMs) {
      const found: readonly RolloutTally[] =
        lookbackMs === undefined ? whole : minutes.filter(({ minute }) => minute > now() - lookbackMs)
      const sumOf = (arm: Arm) =>
        found
          .filter((tally) => tally.rolloutId === id && tally.arm === arm)
          .reduce((sum, { counts }) => addCounts(sum, counts), noCounts())
      return { base: sumOf('base'), candidate: sumOf('candidate') }
    },
    async forgetMinutes(olderThanMs) {
      minutes = minutes.filter(({ minute }) => minute >= now() - olderThanMs)
    },
  }
}
