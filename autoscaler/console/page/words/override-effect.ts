import type { OverrideKind } from '../../../../infra/domain/scaling.ts'
import type { Override } from '../state/resources.ts'
import { day, dayAndTime, time } from './instants.ts'

/** What an override is called here, and what it does to the count. */
export const KINDS: Readonly<Record<OverrideKind, { readonly name: string; readonly needsCount: boolean }>> = {
  pin: { name: 'Exactly so many', needsCount: true },
  floor: { name: 'At least so many', needsCount: true },
  ceiling: { name: 'At most so many', needsCount: true },
  hold: { name: 'Keep as it is', needsCount: false },
  'no-scale-in': { name: 'Only up, not down', needsCount: false },
}

/** How long one may last, as the autoscaler reads it. */
export const DURATIONS = [
  { value: '30m', words: '30 minutes', ms: 1_800_000 },
  { value: '1h', words: '1 hour', ms: 3_600_000 },
  { value: '2h', words: '2 hours', ms: 7_200_000 },
  { value: '4h', words: '4 hours', ms: 14_400_000 },
  { value: '8h', words: '8 hours', ms: 28_800_000 },
  { value: '24h', words: '24 hours', ms: 86_400_000 },
  { value: '3d', words: '3 days', ms: 259_200_000 },
  { value: '7d', words: '7 days', ms: 604_800_000 },
] as const

/** What somebody is about to say. */
export interface Intended {
  readonly kind: OverrideKind
  readonly count: number | null
  readonly durationMs: number
}

/** What there is when it is said. */
export interface Situation {
  /** nodes asked for; undefined = nobody looked yet */
  readonly present: number | undefined
  readonly bounds: { readonly min: number; readonly max: number }
  /** what holds for the pool already, newest first */
  readonly others: readonly Override[]
  /** epoch ms */
  readonly now: number
}

const MAX_ALONE_MS = 86_400_000

const from = (present: number | undefined, to: string): string =>
  present === undefined ? `the count will be ${to}` : `the count goes from ${present} to ${to}`

/** What becomes of the count, in the words that the autoscaler answers with. */
export const countInWords = (
  { kind, count }: Pick<Intended, 'kind' | 'count'>,
  { present, bounds }: Situation,
): string => {
  const wanted = Math.min(bounds.max, Math.max(bounds.min, count ?? present ?? bounds.min))
  const raised = count !== null && count < bounds.min ? ` (the pool has min ${bounds.min})` : ''
  switch (kind) {
    case 'pin':
      return (present === wanted ? `the count stays ${wanted}` : from(present, String(wanted))) + raised
    case 'floor':
      return present !== undefined && present >= wanted
        ? `the count is ${present} and does not fall under ${wanted}`
        : from(present, `at least ${wanted}`)
    case 'ceiling':
      return present !== undefined && present <= wanted
        ? `the count is ${present} and does not rise over ${wanted}${raised}`
        : `${from(present, `at most ${wanted}`)}${raised}`
    case 'hold':
      return present === undefined ? 'the count stays as it is' : `the count stays ${wanted}`
    case 'no-scale-in':
      return present === undefined ? 'the count does not fall' : `the count is ${present} and does not fall`
  }
}

const sentenceOf = ({ kind, count, actor, expiresAt, reason }: Override): string =>
  `${kind}${count === null ? '' : ` ${count}`} by ${actor} until ${dayAndTime(Date.parse(expiresAt))}: ${reason}`

const replaced = (others: readonly Override[], until: number): readonly string[] => {
  const [last] = others
  if (!last) return []
  const again = others.find(({ expiresAt }) => Date.parse(expiresAt) > until)
  return [`It replaces ${sentenceOf(last)}.`, ...(again ? [`Afterwards ${sentenceOf(again)} holds again.`] : [])]
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** When something ends: the day too, where it is another. */
const untilWords = (until: number, now: number): string =>
  new Date(until).toDateString() === new Date(now).toDateString()
    ? `at ${time(until)}`
    : `on ${day(until)} at ${time(until)}`

/** What will happen when it is said: from and to, until when, and what holds already. */
export const effectLines = (intended: Intended, situation: Situation): readonly string[] => {
  const { others, now, bounds } = situation
  const { count, durationMs } = intended
  if (count !== null && count > bounds.max)
    return [`It will be refused: the pool may have ${bounds.max} nodes at most.`]
  const until = now + durationMs
  const afterwards = others.some(({ expiresAt }) => Date.parse(expiresAt) > until)
  const words = countInWords(intended, situation)
  if (durationMs > MAX_ALONE_MS)
    return [
      'Nothing yet: over 24 hours it takes a second person, who must confirm it within an hour.',
      `Then ${words}.`,
      ...replaced(others, until),
    ]
  return [
    `${capital(words)}, from the next look on.`,
    `It ends by itself ${untilWords(until, now)}${afterwards ? '' : '; then schedule and forecast decide again'}.`,
    ...replaced(others, until),
  ]
}
