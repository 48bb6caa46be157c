import type { KeptDecision } from '../../infra/domain/scaling.ts'
import type { DecisionStore } from '../../infra/ports/decision-store.ts'

/** What the autoscaler made of a pool since the last look. */
export interface Watch {
  /** undefined = it decided nothing yet, or none runs */
  latest(): Promise<KeptDecision | undefined>
  /** decisions that changed the count, told once, oldest first */
  changes(): Promise<readonly KeptDecision[]>
}

const MAX_CHANGES = 50

/** Look at a pool's decisions from now on. @param now epoch ms */
export const watchDecisions = (store: Pick<DecisionStore, 'list'>, pool: string, now: number): Watch => {
  const told = new Set<string>()
  return {
    async latest() {
      const [latest] = await store.list({ pool, limit: 1 })
      return latest && latest.at >= now ? latest : undefined
    },
    async changes() {
      const list = await store.list({ pool, since: now, changesOnly: true, limit: MAX_CHANGES })
      const fresh = list.filter(({ id, direction }) => direction !== 'none' && !told.has(id)).reverse()
      for (const { id } of fresh) told.add(id)
      return fresh
    },
  }
}
