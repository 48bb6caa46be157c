/** A query that takes part in how many nodes a pool has, as a person wrote it down. Durations in ms. */
export interface Trigger {
  /** for people, messages and metrics; the only one of its name in its pool */
  readonly name: string
  /** PromQL with one value: load of all nodes together, not of each */
  readonly query: string
  /** of that value, for one node; above 0 */
  readonly targetPerNode: number
  /** at or below this value nothing is asked for */
  readonly activation: number
  /** it asks for more (count) never; undefined = only the bounds of the pool hold */
  readonly maxNodes: number | undefined
  /** it asks for what it wanted all this time, at least: 0 = at once */
  readonly forMs: number
  /** what it asked for is asked for so long after it wanted less */
  readonly keepForMs: number
  /** a value older than this is unknown */
  readonly staleAfterMs: number
  /** when it was unknown for so long it holds nothing any more; undefined = it holds until somebody says otherwise */
  readonly letGoAfterMs: number | undefined
}

/**
 * - `asks`: for nodes
 * - `quiet`: for none
 * - `pending`: it wants nodes, not for long enough yet
 * - `unknown`: its value is not known, or only in part; what it asked for last holds, and no node goes
 */
export const TRIGGER_STATES = ['asks', 'quiet', 'pending', 'unknown'] as const
export type TriggerState = (typeof TRIGGER_STATES)[number]

/** What one look made of a trigger, as it is kept with the decision. */
export interface TriggerReading {
  readonly name: string
  readonly query: string
  readonly targetPerNode: number
  /** the last that was known, and how old it was; undefined = none was, since this leader leads */
  readonly value: number | undefined
  readonly ageMs: number | undefined
  /** nodes by the value alone; undefined = unknown (count) */
  readonly wanted: number | undefined
  /** nodes that count: the value has held for long enough, or did not long ago (count); 0 = none */
  readonly asks: number
  readonly state: TriggerState
  /** in words */
  readonly why: string
  /** unknown since then (epoch ms) */
  readonly unknownSince?: number | undefined
  /** unknown for so long that it holds nothing any more, as its file wants it */
  readonly letGo?: boolean | undefined
}
