import type { Findings, Step } from './campaign.ts'
import type { Account } from './checker.ts'
import type { CrashPoints } from './faults/crash-points.ts'

/** A campaign, for a program. */
export interface Report {
  readonly seed: number
  readonly minutes: number
  readonly passed: boolean
  /** somebody ended it: what was found is no verdict */
  readonly endedEarly: boolean
  readonly findings: Findings
  readonly notInjected: readonly { readonly fault: string; readonly why: string }[]
  readonly crashPoints: CrashPoints
}

/** Lost, second and unexpected outcomes are 0; and there was something to lose. */
export const hasPassed = ({ total, steps }: Findings): boolean =>
  total.lost === 0 && total.second === 0 && total.unexpected === 0 && total.acknowledged > 0 && steps.length > 0

const HEAD = [
  'fault',
  'injected',
  'attempted',
  'ack',
  'finished',
  'refused',
  'recovered',
  'lost',
  'second',
  'unexpected',
  'duplicated',
  'goodput before/s',
  'during',
  'after',
  'back after s',
  'last job s',
] as const

const seconds = (ms: number | undefined): string => (ms === undefined ? '-' : (ms / 1000).toFixed(1))
const ratio = (value: number, before: number): string => (before > 0 ? (value / before).toFixed(2) : '-')

const counts = (account: Account): readonly string[] =>
  [
    account.attempted,
    account.acknowledged,
    account.finished,
    account.refused,
    account.recovered,
    account.lost,
    account.second,
    account.unexpected,
    account.duplicated,
  ].map(String)

/** Injections of one fault in several rounds make one row: sums, means of goodput, the longest recovery. */
const rowOf = (steps: readonly Step[]): readonly string[] => {
  const sum = (of: (step: Step) => number) => steps.reduce((total, step) => total + of(step), 0)
  const mean = (of: (step: Step) => number) => sum(of) / steps.length
  const longest = (of: (step: Step) => number | undefined) =>
    steps.some((step) => of(step) === undefined) ? undefined : Math.max(...steps.map((step) => of(step) ?? 0))
  const account = Object.fromEntries(
    Object.keys(steps[0]?.account ?? {}).map((key) => [
      key,
      sum(({ account }) => Number(account[key as keyof Account])),
    ]),
  ) as unknown as Account
  const before = mean((step) => step.before)
  return [
    steps[0]?.fault ?? '',
    String(sum((step) => step.injectedCount)),
    ...counts(account),
    before.toFixed(1),
    ratio(
      mean((step) => step.during),
      before,
    ),
    ratio(
      mean((step) => step.after),
      before,
    ),
    seconds(longest((step) => step.recoveryMs)),
    seconds(longest((step) => step.lastJobMs)),
  ]
}

/** Head, a row for each fault, and the sum, for a table. */
export const rows = ({ steps, total }: Findings): readonly (readonly string[])[] => [
  HEAD,
  ...[...Map.groupBy(steps, ({ fault }) => fault).values()].map(rowOf),
  ['all', String(steps.reduce((sum, step) => sum + step.injectedCount, 0)), ...counts(total), '', '', '', '', ''],
]

/** A point at which nobody died is named, and counts as nothing. */
const crashPointNotes = ({ known, armed, died }: CrashPoints): readonly string[] => {
  if (known.length === 0) return []
  const missed = armed.filter((point) => !died.includes(point))
  return [
    `crash points: ${known.length} that a process can pass, ${armed.length} armed, ${died.length} passed and died of, ${missed.length} armed and not reached`,
    ...missed.map((point) => `not reached: ${point}`),
  ]
}

const verdictOf = ({ findings: { total }, passed, endedEarly, seed }: Report): string =>
  endedEarly
    ? `ended early: no verdict (seed ${seed})`
    : `${passed ? 'PASS' : 'FAIL'}: ${total.lost} lost, ${total.second} second, ${total.unexpected} unexpected (seed ${seed})`

/** What a person reads below the table. */
export const notes = (report: Report): readonly string[] => [
  ...report.notInjected.map(({ fault, why }) => `not injected: ${fault} (${why})`),
  ...crashPointNotes(report.crashPoints),
  ...[...report.findings.refusals].map(([status, count]) => `${count} callers were refused with ${status}`),
  ...report.findings.total.violations.map(({ kind, id, detail }) => `${kind.toUpperCase()}: ${id}: ${detail}`),
  verdictOf(report),
]
