import { states } from 'mrz'
import type { MrzLayout, Span } from './layout.ts'
import type { Option, Reading } from './reading.ts'

/** Every code a zone may name, without fillers, and UTO, which specimens use. @source ICAO 9303-3, section 5 */
const CODES: ReadonlySet<string> = new Set([...Object.keys(states), 'UTO'])

/** An unknown code is replaced by a known one that is at most this much less likely (natural logarithm). */
const MAX_COST = 4
/** Most people's nationality is that of the issuing country: such a reading gets this much credit. */
const SAME_CREDIT = 1.5

/** Is this a code of ICAO's list, with or without its fillers? */
export const isCountry = (code: string): boolean => CODES.has(code.replace(/<+$/, ''))

/**
 * Replace unknown country codes by the likeliest known ones. No check digit covers them, so they are not touched when
 * they are known or nothing near is.
 */
export const knownCountries = (
  lines: readonly string[],
  reading: Reading,
  { issuingCountry, nationality }: MrzLayout,
): readonly string[] => {
  const issuer = cut(lines, issuingCountry)
  const national = cut(lines, nationality)
  const mendedIssuer = isCountry(issuer) ? issuer : nearest(reading, issuingCountry, national)
  const mendedNational = isCountry(national) ? national : nearest(reading, nationality, mendedIssuer ?? issuer)
  return put(put(lines, issuingCountry, mendedIssuer ?? issuer), nationality, mendedNational ?? national)
}

const cut = (lines: readonly string[], { line, from, to }: Span): string => (lines[line] ?? '').slice(from, to)

const put = (lines: readonly string[], { line, from, to }: Span, code: string): readonly string[] =>
  lines.map((text, index) => (index === line ? text.slice(0, from) + code + text.slice(to) : text))

const nearest = (reading: Reading, { line, from, to }: Span, other: string): string | undefined => {
  const slots = reading[line]?.slice(from, to) ?? []
  let best: string | undefined
  let least = MAX_COST
  for (const { code, cost } of spell(slots)) {
    const credited = code === other ? cost - SAME_CREDIT : cost
    if (credited < least && isCountry(code)) {
      least = credited
      best = code
    }
  }
  return best
}

const spell = (slots: readonly (readonly Option[])[]): readonly { code: string; cost: number }[] =>
  slots.reduce<readonly { code: string; cost: number }[]>(
    (words, options) =>
      words.flatMap(({ code, cost }) =>
        options.map((option) => ({ code: code + option.character, cost: cost + option.cost })),
      ),
    [{ code: '', cost: 0 }],
  )
