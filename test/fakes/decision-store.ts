import { randomUUID } from 'node:crypto'
import type { DecisionOutcome, KeptDecision } from '../../infra/domain/scaling.ts'
import {
  type Begun,
  CHANGES_SHARE,
  type DecisionQuery,
  type DecisionStore,
  type Look,
  type LookQuery,
} from '../../infra/ports/decision-store.ts'

const THIN_MS = 600_000
const OPEN: ReadonlySet<DecisionOutcome> = new Set(['intended', 'unavailable', 'abandoned'])

/** Decisions in memory, for unit tests. Passes the port's contract suite. */
export class MemoryDecisionStore implements DecisionStore {
  /** oldest first */
  decisions: KeptDecision[] = []
  readonly #leads: (term: number) => boolean

  /** @param leads does this term lead? every one does unless told */
  constructor(leads: (term: number) => boolean = () => true) {
    this.#leads = leads
  }

  async begin(decision: Omit<KeptDecision, 'id'>): Promise<Begun> {
    if (!this.#leads(decision.term)) return { kind: 'deposed' }
    const id = randomUUID()
    this.decisions.push({ ...structuredClone(decision), id })
    this.decisions.sort((a, b) => a.at - b.at)
    return { kind: 'begun', id }
  }

  async settle(id: string, outcome: DecisionOutcome, outcomeWhy: string): Promise<void> {
    this.decisions = this.decisions.map((one) =>
      one.id === id && OPEN.has(one.outcome) ? { ...one, outcome, outcomeWhy } : one,
    )
  }

  async unsettled(): Promise<readonly KeptDecision[]> {
    return this.decisions.filter(({ outcome }) => outcome === 'intended')
  }

  async list({ pool, before, since, changesOnly, limit }: DecisionQuery): Promise<readonly KeptDecision[]> {
    const found = this.decisions.filter(
      (one) =>
        one.pool === pool &&
        one.at < (before ?? Number.POSITIVE_INFINITY) &&
        one.at >= (since ?? Number.NEGATIVE_INFINITY) &&
        !(changesOnly && one.from === one.to),
    )
    return found.toReversed().slice(0, limit)
  }

  async at(pool: string, at: number): Promise<KeptDecision | undefined> {
    return this.decisions.findLast((one) => one.pool === pool && one.at <= at)
  }

  async looks({ pool, since, until, limit }: LookQuery): Promise<readonly Look[]> {
    const own = this.decisions.filter((one) => one.pool === pool && one.at >= since && one.at < until).toReversed()
    const [changes, quiet] = [own.filter(({ from, to }) => from !== to), own.filter(({ from, to }) => from === to)]
    const room = Math.floor(limit * CHANGES_SHARE)
    const thinned = (all: readonly KeptDecision[], count: number) => {
      const every = Math.max(1, Math.ceil(all.length / count))
      return all.filter((_, place) => place % every === 0)
    }
    return [...thinned(changes, room), ...thinned(quiet, limit - Math.min(changes.length, room))]
      .toSorted((a, b) => a.at - b.at)
      .map(({ id, at, from, to, outcome, measurement, forecast, bounds, steps }) => ({
        ...{ id, at, from, to, outcome, measurement, forecast, bounds, reason: steps.at(-1)?.why ?? null },
      }))
  }

  async forget(before: number): Promise<number> {
    return this.#keep(({ at }) => at >= before)
  }

  async thin(before: number): Promise<number> {
    const seen = new Set<string>()
    return this.#keep(({ at, pool, from, to, outcome }) => {
      if (at >= before || from !== to || outcome !== 'none') return true
      const place = `${pool} ${Math.floor(at / THIN_MS)}`
      return !seen.has(place) && Boolean(seen.add(place))
    })
  }

  #keep(stays: (one: KeptDecision) => boolean): number {
    const before = this.decisions.length
    this.decisions = this.decisions.filter(stays)
    return before - this.decisions.length
  }
}
