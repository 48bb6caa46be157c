import type { Api } from './api.ts'
import { asProblem } from './problem.ts'
import type { Decision } from './resources.ts'

/** A look is due by then; a moment more, and it is there. */
const NEXT_LOOK_MS = 2_000
/** As many as the autoscaler tells of at once. */
const MOST = 200

/** Where somebody stands: at a decision, or at an instant of which none is kept. */
export type Place = Pick<Decision, 'id' | 'at' | 'nextAt'>

/** The way from one decision of a pool to the others. undefined = there is none. @throws ProblemError */
export interface DecisionSteps {
  /** the one that held at an instant (epoch ms) */
  at(time: number): Promise<Decision | undefined>
  before(place: Place): Promise<Decision | undefined>
  after(place: Place): Promise<Decision | undefined>
}

/** Builds it. @param now epoch ms */
export const createDecisionSteps = (api: Pick<Api, 'get'>, pool: string, now: () => number): DecisionSteps => {
  const path = `pools/${encodeURIComponent(pool)}/decisions`
  const list = async (query: Readonly<Record<string, string | number>>): Promise<readonly Decision[]> =>
    (await api.get<{ readonly decisions: readonly Decision[] }>(path, query)).decisions
  const at = async (time: number): Promise<Decision | undefined> => {
    try {
      return await api.get<Decision>(`${path}/at`, { time: new Date(time).toISOString() })
    } catch (error) {
      if (asProblem(error).status === 404) return undefined
      throw error
    }
  }
  return {
    at,
    before: async (place) => (await list({ before: place.at, limit: 1 }))[0],
    async after(place) {
      // Where nobody looked for a while the next one is later than it was to be: asked for further and further on.
      for (let aheadMs = NEXT_LOOK_MS; ; aheadMs *= 2) {
        const time = Date.parse(place.nextAt) + aheadMs
        const found = await at(time)
        if (found && found.id !== place.id) {
          if (aheadMs === NEXT_LOOK_MS) return found
          const between = await list({ since: place.at, before: found.at, limit: MOST })
          return between.findLast(({ id }) => id !== place.id) ?? found
        }
        if (time > now()) return undefined
      }
    },
  }
}
