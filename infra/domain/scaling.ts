import type { TriggerReading } from './trigger.ts'
import type { ZonePlan } from './zones.ts'

/** What a window or an override does to the count the forecast wants. */
export type Clause = 'floor' | 'ceiling' | 'exactly'

/** Limits of a pool (count). */
export interface CountBounds {
  readonly min: number
  readonly max: number
}

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Weekday = (typeof WEEKDAYS)[number]

/** A time of every week, or of certain dates, at which a pool is to have a certain count. */
export interface ScheduleWindow {
  readonly name: string
  readonly pool: string
  /** IANA name: the times below are what a clock on the wall there shows */
  readonly timeZone: string
  readonly days: readonly Weekday[]
  /** `YYYY-MM-DD` on which it holds beside its days */
  readonly dates: readonly string[]
  /** `YYYY-MM-DD` on which it does not hold, whatever else says so */
  readonly except: readonly string[]
  /** `HH:MM`; a window that ends at or before its start ends on the next day */
  readonly start: string
  readonly end: string
  /** takes effect so long before its start, so that nodes are up by then */
  readonly leadMinutes: number
  readonly clause: Clause
  readonly count: number
  /** of windows that contradict each other the highest wins */
  readonly priority: number
}

export const OVERRIDE_KINDS = ['pin', 'floor', 'ceiling', 'hold', 'no-scale-in'] as const
export type OverrideKind = (typeof OVERRIDE_KINDS)[number]

/** What a person said against the forecast, for a while. Instants are epoch ms. */
export interface Override {
  readonly id: string
  readonly pool: string
  readonly kind: OverrideKind
  /** of pin, floor and ceiling; what there was when it was said, for hold */
  readonly count: number | null
  readonly actor: string
  readonly reason: string
  readonly createdAt: number
  readonly expiresAt: number
}

/** One thing that moved the count on its way from the forecast to the decision. */
export interface DecisionStep {
  readonly by:
    | 'forecast'
    | 'backlog'
    | 'trigger'
    | 'drained'
    | 'deadband'
    | 'unknown'
    | 'schedule'
    | 'override'
    | 'bounds'
    | 'zones'
  /** count before and after */
  readonly before: number
  readonly after: number
  readonly why: string
}

/** What the autoscaler made of one look at a pool. */
export interface Decision {
  readonly pool: string
  /** epoch ms */
  readonly at: number
  readonly from: number
  readonly to: number
  readonly direction: 'up' | 'down' | 'none'
  readonly steps: readonly DecisionStep[]
  /** what it would have been without one of them (count) */
  readonly without: { readonly schedule: number; readonly override: number; readonly triggers?: number }
}

/** Something that was measured, and how old it is. */
export interface Signal {
  readonly value: number
  readonly ageMs: number
}

/** The api processes that tell of demand. */
export interface DemandSources {
  /** heard of within the last hour, and not gone with a word (count) */
  readonly count: number
  /** of them fallen silent a short while ago: what they are asked for is not known (count) */
  readonly silentCount: number
  /** since the last of all was heard of; undefined = there is none */
  readonly heardMs: number | undefined
  /** how far the clock of one of them, or of this process, is from the database's at most (ms) */
  readonly clockSkewMs: number
}

/** What one look at a pool saw. A signal that is undefined could not be read: it is unknown, not zero. */
export interface Measurement {
  readonly pool: string
  /** epoch ms by the database's clock */
  readonly at: number
  /** checks a second that callers want now, refused ones included; at the first look those of the last whole minute */
  readonly rate: Signal | undefined
  /** who told of that rate */
  readonly sources: DemandSources | undefined
  /** jobs that no worker has yet: with the broker or in line for it (count) */
  readonly waiting: Signal | undefined
  /** how long the oldest job that no worker has yet has been there (ms); 0 = none waits; absent of looks of before */
  readonly oldestMs?: Signal | undefined
  /** jobs that live workers have in hand (count) */
  readonly inHand: Signal | undefined
  /** jobs that are not over, as the database has them (count) */
  readonly unfinished: Signal | undefined
  /** workers that take jobs now (count) */
  readonly readyWorkers: Signal | undefined
  /** nodes asked for, placed and running, as the fleet has them (count) */
  readonly asked: Signal | undefined
  readonly placed: Signal | undefined
  readonly running: Signal | undefined
  /** of them kept from work by people (count); undefined = unknown, or a count is no node there */
  readonly drained?: Signal | undefined
  /** from asking for a node to its first finished job: 95th percentile of the last ones, or what is configured */
  readonly bootMs: number
  /** of how many boots that is measured; 0 = it is configured */
  readonly bootCount: number
  /** checks a second of one node: measured, or what is configured */
  readonly capacityPerNode: number
  readonly capacityMeasured: boolean
  /** why the measured capacity may not be that of what runs now, in words; undefined = nothing speaks against it */
  readonly capacityDoubt: string | undefined
  /** checks a second that the ready workers really do now; undefined = they are not busy enough to tell */
  readonly livePerNode: number | undefined
}

/** What the forecast said when a decision was made. Rates in checks a second. */
export interface ForecastView {
  readonly expected: number
  /** the interval that is planned for; the count is for its upper end */
  readonly low: number
  readonly high: number
  /** whose forecast won */
  readonly expert: string
  /** from the look to the instant it is for */
  readonly horizonMs: number
  /** count */
  readonly desired: number
}

/**
 * What became of a decision:
 * - `intended`: written down, not done yet
 * - `none`: there was nothing to do
 * - `applied`, `not-now`, `conflict`, `out-of-bounds`: what the fleet answered
 * - `unavailable`: the fleet did not answer; whether the count changed is seen at the next look
 * - `forecast-only`: it was to be told, not done
 * - `abandoned`: whoever made it died before doing it, and it is too old to be done now
 */
export const OUTCOMES = [
  'intended',
  'none',
  'applied',
  'not-now',
  'conflict',
  'out-of-bounds',
  'unavailable',
  'forecast-only',
  'abandoned',
] as const
export type DecisionOutcome = (typeof OUTCOMES)[number]

/** A decision with all that led to it, as it is kept. */
export interface KeptDecision extends Decision {
  readonly id: string
  /** which leader made it: a later leader has a higher one */
  readonly term: number
  readonly measurement: Measurement
  readonly forecast: ForecastView | undefined
  /** windows and override that held */
  readonly schedule: readonly string[]
  readonly override: Override | undefined
  readonly bounds: CountBounds
  /** why what was measured could not be relied on; empty = it could */
  readonly doubts: readonly string[]
  readonly outcome: DecisionOutcome
  /** what the fleet said where it did not do it */
  readonly outcomeWhy: string
  /** epoch ms of the next look */
  readonly nextAt: number
  /** somebody else had changed the count since the look before: what it was, and what it became */
  readonly external?: { readonly before: number; readonly after: number } | undefined
  /** of a pool whose fleet has zones */
  readonly zones?: ZonePlan | undefined
  /** of a pool with custom triggers */
  readonly triggers?: readonly TriggerReading[] | undefined
}

/** Demand expected of an hour to come, and the nodes for it. */
export interface PlannedHour {
  /** epoch ms of its start */
  readonly at: number
  /** checks a second in its busiest ten minutes */
  readonly rate: number
  /** nodes, within the bounds and without schedule or override (count) */
  readonly desired: number
}

/** A straight line through the last half hour. Rates in checks a second. */
export interface Trend {
  readonly rate: number
  /** change a minute */
  readonly slope: number
  /** where it will be at the next plan, with a fifth on top */
  readonly ahead: number
  readonly desired: number
}

/** What is to be expected of a pool, as it is told every 20 minutes. The control loop decides for itself. */
export interface Plan {
  readonly pool: string
  /** epoch ms */
  readonly at: number
  /** nodes asked for (count) */
  readonly count: number
  /** undefined = less than two minutes of demand are known */
  readonly trend: Trend | undefined
  /** of the control loop's last look */
  readonly forecast: ForecastView | undefined
  /** the next hours, as far as the days before tell; empty = they do not */
  readonly hours: readonly PlannedHour[]
  /** what the schedule will ask for in these hours */
  readonly windows: readonly { readonly name: string; readonly effectiveAt: number; readonly says: string }[]
}
