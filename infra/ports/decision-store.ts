import type { DecisionOutcome, KeptDecision } from '../domain/scaling.ts'

/** Which decisions to look at. */
export interface DecisionQuery {
  readonly pool: string
  /** epoch ms; only what came before it */
  readonly before?: number
  /** epoch ms; not older than this */
  readonly since?: number
  /** leave out looks that changed and wanted nothing */
  readonly changesOnly?: boolean
  readonly limit: number
}

/** A stretch of looks for a chart. Instants are epoch ms. */
export interface LookQuery {
  readonly pool: string
  readonly since: number
  readonly until: number
  /** at most so many; from 10 on */
  readonly limit: number
}

/** What a chart shows of a look. */
export interface Look
  extends Pick<KeptDecision, 'id' | 'at' | 'from' | 'to' | 'outcome' | 'measurement' | 'forecast' | 'bounds'> {
  /** why the last thing that moved the count did so; null = nothing did */
  readonly reason: string | null
}

/**
 * Of the looks that changed nothing every n-th is enough for a chart. Changes are what it is for: so many of them are all
 * there, as a share of the limit, and only beyond that they are thinned, too.
 */
export const CHANGES_SHARE = 0.8

/** Written down, or refused because somebody else leads by now. */
export type Begun = { readonly kind: 'begun'; readonly id: string } | { readonly kind: 'deposed' }

/**
 * Every look at a pool and what was made of it. A decision is written before it is applied, so that what a crash leaves
 * undone shows.
 * @throws UnavailableError
 */
export interface DecisionStore {
  /** @param decision its id is given here; `outcome` as it stands: `intended` when something is to be done now */
  begin(decision: Omit<KeptDecision, 'id'>): Promise<Begun>
  settle(id: string, outcome: DecisionOutcome, why: string): Promise<void>
  /** written and never settled, oldest first */
  unsettled(): Promise<readonly KeptDecision[]>
  /** newest first */
  list(query: DecisionQuery): Promise<readonly KeptDecision[]>
  /** the last one at or before an instant; undefined = there is none @param at epoch ms */
  at(pool: string, at: number): Promise<KeptDecision | undefined>
  /** oldest first, evenly thinned; the newest one, and every change as long as they are not too many, are among them */
  looks(query: LookQuery): Promise<readonly Look[]>
  /** @param before epoch ms @returns rows removed */
  forget(before: number): Promise<number>
  /**
   * Of the looks before an instant that changed nothing and wanted nothing, keep the first of every ten minutes.
   * @param before epoch ms @returns rows removed
   */
  thin(before: number): Promise<number>
}
