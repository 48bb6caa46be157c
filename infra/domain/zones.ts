/**
 * How a zone is:
 * - `well`: nodes that are asked for there come
 * - `short`: they do not come, so other zones are asked for them
 * - `lost`: all its nodes vanished at once
 * - `tried`: it was short or lost, and is asked for one node to see whether it still is
 */
export const ZONE_CONDITIONS = ['well', 'short', 'lost', 'tried'] as const
export type ZoneCondition = (typeof ZONE_CONDITIONS)[number]

/** What is remembered of a zone from look to look. Instants are epoch ms. */
export interface ZoneState {
  readonly zone: string
  readonly condition: ZoneCondition
  /** nodes that were asked for are missing, and none has come since then; undefined = none is missing */
  readonly missingSince?: number | undefined
  /** all that ran are gone since then */
  readonly vanishedSince?: number | undefined
  /** not well since then */
  readonly since?: number | undefined
  /** not asked for more until then */
  readonly retryAt?: number | undefined
  /** tries that brought nothing (count) */
  readonly tries: number
  /** running at this look (count) */
  readonly ran: number
  /** of a zone that is not well: ran when that was found; more than these running show that it is well again (count) */
  readonly base: number
}

/** A zone's part of a decision. Counts of nodes. */
export interface ZoneShare extends ZoneState {
  /** asked for before and after */
  readonly before: number
  readonly after: number
  readonly placed: number
  readonly running: number
  /** workers consume; undefined = the fleet does not tell */
  readonly ready?: number | undefined
  /** of its share of the nodes, asked for in the other zones */
  readonly elsewhere: number
}

/** How the nodes of a decision are spread over the zones of its pool. */
export interface ZonePlan {
  /**
   * nodes wanted before and after: what is asked for in all zones, without what is asked for twice while a node moves, a zone
   * is tried, or nodes of a zone do not come up
   */
  readonly wantedBefore: number
  readonly wanted: number
  /** raised in this order, then lowered in it */
  readonly shares: readonly ZoneShare[]
}
