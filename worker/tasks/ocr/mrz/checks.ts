import type { MrzCheck } from '../../../../infra/domain/results.ts'
import { checkDigit } from './check-digit.ts'
import { type CheckRule, type MrzLayout, type Span, textAt } from './layout.ts'

const FILLER = '<'

/** A document number and the check digit that belongs to it, wherever the two stand. */
export interface NumberParts {
  readonly number: string
  readonly digit: string
}

/**
 * The document number of a zone. A number of more than nine characters has a filler where its check digit would stand,
 * goes on in the optional data, and its check digit is the last character there before the next filler.
 * @source ICAO 9303-5, 4.2.2.1 note j
 */
export const numberParts = (lines: readonly string[], layout: MrzLayout): NumberParts => {
  const short = textAt(lines, layout.documentNumber)
  const rule = layout.checks.find(({ field }) => field === 'documentNumber')
  const digit = rule ? textAt(lines, rule.digit) : ''
  if (layout.numberOverflow === undefined || digit !== FILLER || short.endsWith(FILLER)) return { number: short, digit }
  const [rest = ''] = textAt(lines, layout.numberOverflow).split(FILLER)
  return rest.length < 2 ? { number: short, digit } : { number: short + rest.slice(0, -1), digit: rest.slice(-1) }
}

/** Do the digit and what it is computed over agree? A filler stands for 0 where the field itself is empty. */
export const checkHolds = (rule: CheckRule, lines: readonly string[], layout: MrzLayout): boolean => {
  const { text, digit } = checked(rule, lines, layout)
  if (digit === FILLER) return rule.field !== 'composite' && /^<*$/.test(text)
  return digit === checkDigit(text)
}

/**
 * Verify every check digit of a zone.
 * @param lines as many and as long as the layout says; shorter ones fail
 */
export const verifyChecks = (lines: readonly string[], layout: MrzLayout): readonly MrzCheck[] =>
  layout.checks.map((rule) => ({
    field: rule.field,
    digit: checked(rule, lines, layout).digit,
    valid: checkHolds(rule, lines, layout),
  }))

const checked = (rule: CheckRule, lines: readonly string[], layout: MrzLayout): { text: string; digit: string } => {
  if (rule.field === 'documentNumber') {
    const { number, digit } = numberParts(lines, layout)
    return { text: number, digit }
  }
  const join = (spans: readonly Span[]): string => spans.map((span) => textAt(lines, span)).join('')
  return { text: join(rule.over), digit: textAt(lines, rule.digit) }
}
