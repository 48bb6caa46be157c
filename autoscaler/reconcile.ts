import { PoolUnknownError } from '../infra/domain/errors.ts'
import type { DecisionStore } from '../infra/ports/decision-store.ts'
import type { Fleet, FleetView } from '../infra/ports/fleet.ts'
import type { Logger } from '../infra/ports/logger.ts'
import { isDone } from './zones/progress.ts'

interface ReconcileDeps {
  readonly decisions: Pick<DecisionStore, 'unsettled' | 'settle'>
  readonly fleet: Pick<Fleet, 'view'>
  readonly log: Logger
}

/**
 * Settle what a leader wrote down and did not settle, by the fleet's own count. Nothing is done belatedly: the look that
 * follows decides anew from what there is.
 * @returns false = the fleet does not answer: try again
 * @throws UnavailableError when the database does not answer
 */
export const reconcile = async ({ decisions, fleet, log }: ReconcileDeps): Promise<boolean> => {
  const views = new Map<string, FleetView | undefined>()
  const viewOf = async (pool: string): Promise<FleetView | undefined> => {
    if (!views.has(pool)) {
      const view = await fleet.view(pool).catch((error: unknown) => {
        if (error instanceof PoolUnknownError) return undefined
        throw error
      })
      views.set(pool, view)
    }
    return views.get(pool)
  }
  for (const decision of await decisions.unsettled()) {
    const { id, pool, from, to } = decision
    let view: FleetView | undefined
    try {
      view = await viewOf(pool)
    } catch (error) {
      log.warn({ pool, error }, 'what came of an earlier decision cannot be seen yet')
      return false
    }
    const done = view !== undefined && isDone(decision, view)
    await decisions.settle(
      id,
      done ? 'applied' : 'abandoned',
      done ? 'found done after its autoscaler had gone' : 'its autoscaler had gone before it was done',
    )
    log.warn({ pool, from, to, done }, 'a decision was left open, and is settled by the count of the fleet')
  }
  return true
}
