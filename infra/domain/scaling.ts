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
  readonly by: 'forecast' | 'backlog' | 'deadband' | 'unknown' | 'schedule' | 'override' | 'bounds'
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
  readonly without: { readonly schedule: number; readonly override: number }
}
