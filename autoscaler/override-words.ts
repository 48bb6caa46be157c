import { DateTime } from 'luxon'
import type { CountBounds, Override, OverrideKind } from '../infra/domain/scaling.ts'

/** An instant as people read it, the same everywhere: not every reader is where the fleet is. @param ms epoch ms */
export const instant = (ms: number): string =>
  DateTime.fromMillis(ms, { zone: 'utc' }).toFormat("yyyy-MM-dd HH:mm 'UTC'")

/** `pin 50 by ada until 2026-11-21 14:05 UTC: the campaign starts` */
export const sentenceOf = ({ kind, count, actor, expiresAt, reason }: Override): string =>
  `${kind}${count === null ? '' : ` ${count}`} by ${actor} until ${instant(expiresAt)}: ${reason}`

const from = (present: number | undefined, to: string): string =>
  present === undefined ? `the count will be ${to}` : `the count goes from ${present} to ${to}`

const floored = (least: number, present: number | undefined): string =>
  present !== undefined && present >= least
    ? `the count is ${present} and does not fall under ${least}`
    : from(present, `at least ${least}`)

const capped = (most: number, present: number | undefined): string =>
  present !== undefined && present <= most
    ? `the count is ${present} and does not rise over ${most}`
    : from(present, `at most ${most}`)

/** What an override makes of the count, in words. @param present count now; undefined = nobody looked yet */
export const effectInWords = (
  kind: OverrideKind,
  count: number | null,
  present: number | undefined,
  { min, max }: CountBounds,
): string => {
  const wanted = Math.min(max, Math.max(min, count ?? present ?? min))
  const raised = count !== null && count < min ? ` (the pool has min ${min})` : ''
  switch (kind) {
    case 'pin':
      return (present === wanted ? `the count stays ${wanted}` : from(present, String(wanted))) + raised
    case 'floor':
      return floored(wanted, present)
    case 'ceiling':
      return capped(wanted, present) + raised
    case 'hold':
      return present === undefined ? 'the count stays as it is' : `the count stays ${wanted}`
    case 'no-scale-in':
      return present === undefined ? 'the count does not fall' : `the count is ${present} and does not fall`
  }
}

/**
 * What a new override does to those that hold already.
 * @param others they hold too, newest first
 */
export const replacedInWords = (override: Override, others: readonly Override[]): readonly string[] => {
  const [last] = others
  if (!last) return []
  const again = others.find((one) => one.expiresAt > override.expiresAt)
  const replaces = `replaces ${sentenceOf(last)}`
  if (!again) return [replaces]
  return [replaces, `afterwards ${again === last ? 'that' : sentenceOf(again)} holds again`]
}

/** Who has the last word once an override is over. @param others they hold still, newest first */
export const afterwardsInWords = (others: readonly Override[]): string =>
  others[0] ? `now holds ${sentenceOf(others[0])}` : 'schedule and forecast decide again'
