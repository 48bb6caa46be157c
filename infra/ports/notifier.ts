/** What a person can do about a notice with one press. */
export const NOTICE_ACTIONS = ['undo', 'hold', 'release', 'confirm'] as const
export type NoticeAction = (typeof NOTICE_ACTIONS)[number]

/** Is this the name of one? */
export const isNoticeAction = (name: string): name is NoticeAction =>
  (NOTICE_ACTIONS as readonly string[]).includes(name)

/** Something people should hear of a pool. */
export interface Notice {
  readonly kind: 'scaled' | 'held' | 'override' | 'alert' | 'recovered' | 'digest'
  readonly pool: string
  /** epoch ms */
  readonly at: number
  /** the first is the headline; from the one report function where it is about a decision */
  readonly lines: readonly string[]
  /** notices of one key are one message that is brought up to date, not many */
  readonly key: string
  readonly actions: readonly NoticeAction[]
  /** what the actions are about: a decision's or an override's id */
  readonly about?: string
}

/**
 * Tells people. It never fails and is never waited for: what cannot be told now is told later, the newest of each key,
 * and when too much waits the oldest that is no alert goes.
 */
export interface Notifier {
  tell(notice: Notice): void
}
