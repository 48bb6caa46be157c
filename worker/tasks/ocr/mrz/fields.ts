import type { MrzCheck, OcrField, OcrFieldName } from '../../../../infra/domain/results.ts'
import { type DateRole, mrzDate } from '../dates.ts'
import { numberParts } from './checks.ts'
import { type MrzLayout, type Span, textAt } from './layout.ts'
import type { Reading } from './reading.ts'

/** Fields by name; those that could not be read are absent. */
export type Fields = { readonly [name in OcrFieldName]?: OcrField }

/** One wrong character in ten passes its check digit: a field that passes is ten times less likely wrong. */
const CHECKED_DOUBT = 0.1
/** A field whose check digit fails has at least one wrong character. */
const FAILED_CONFIDENCE = 0.5

interface Parsed {
  readonly lines: readonly string[]
  readonly layout: MrzLayout
  readonly reading: Reading
  readonly checks: readonly MrzCheck[]
}

/**
 * The fields of a machine-readable zone: fillers gone, dates in ISO 8601.
 * @param now epoch ms, for the century of two-digit years
 */
export const mrzFields = (zone: Parsed, now: number): Fields => {
  const { lines, layout } = zone
  const text = (span: Span): string => textAt(lines, span)
  const names = text(layout.names).replace(/<+$/, '')
  const [surname = '', ...given] = names.split('<<')
  const { number } = numberParts(lines, layout)
  const fields: { [name in OcrFieldName]?: OcrField | undefined } = {
    surname: field(zone, spaced(surname), [within(layout.names, 0, surname.length)]),
    givenNames: field(zone, spaced(given.join('<')), [within(layout.names, surname.length, names.length)]),
    documentNumber: field(zone, spaced(number), [layout.documentNumber], 'documentNumber', number),
    nationality: field(zone, bare(text(layout.nationality)), [layout.nationality]),
    issuingCountry: field(zone, bare(text(layout.issuingCountry)), [layout.issuingCountry]),
    birthDate: date(zone, layout.birthDate, 'birth', 'birthDate', now),
    sex: sexField(zone),
    expiryDate: date(zone, layout.expiryDate, 'expiry', 'expiryDate', now),
    personalNumber: personalNumber(zone, number),
  }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

const bare = (text: string): string => text.replace(/<+$/, '')
const spaced = (text: string): string => bare(text).replace(/^<+/, '').replace(/<+/g, ' ')

const within = ({ line, from }: Span, start: number, end: number): Span => ({
  line,
  from: from + start,
  to: from + end,
})

const field = (
  { lines, reading, checks }: Parsed,
  value: string,
  spans: readonly Span[],
  check?: MrzCheck['field'],
  raw?: string,
): OcrField | undefined => {
  if (value === '') return undefined
  const read = Math.min(...spans.map((span) => certainty(lines, reading, span)))
  const passed = check === undefined ? undefined : checks.find((candidate) => candidate.field === check)?.valid
  const confidence =
    passed === undefined ? read : passed ? 1 - (1 - read) * CHECKED_DOUBT : Math.min(read, FAILED_CONFIDENCE)
  return { value, confidence: rounded(confidence), source: 'mrz', ...(raw !== undefined && raw !== value && { raw }) }
}

const date = (
  zone: Parsed,
  span: Span,
  role: DateRole,
  check: MrzCheck['field'],
  now: number,
): OcrField | undefined => {
  const raw = textAt(zone.lines, span)
  return field(zone, mrzDate(raw, role, now) ?? '', [span], check, raw)
}

/** Male, female, or X where it is not specified. @source ICAO 9303-3, 4.7 */
const sexField = (zone: Parsed): OcrField | undefined => {
  const raw = textAt(zone.lines, zone.layout.sex)
  return field(zone, raw === '<' ? 'X' : raw, [zone.layout.sex], undefined, raw)
}

/** What the issuer put into the optional data; a visa has no personal number there. */
const personalNumber = (zone: Parsed, number: string): OcrField | undefined => {
  const { layout, lines } = zone
  if (layout.documentTypes.includes('visa')) return undefined
  const overflown = number.length > layout.documentNumber.to - layout.documentNumber.from
  for (const span of layout.optional) {
    const usable = overflown && span === layout.numberOverflow ? undefined : span
    const value = usable ? spaced(textAt(lines, usable)) : ''
    if (usable && value !== '') {
      const checked = layout.checks.some(({ field: name }) => name === 'personalNumber')
      return field(zone, value, [usable], checked ? 'personalNumber' : undefined)
    }
  }
  return undefined
}

/** How sure the least sure character of a span is, 0..1. */
const certainty = (lines: readonly string[], reading: Reading, { line, from, to }: Span): number => {
  let least = 1
  for (let position = from; position < to; position += 1) {
    const character = lines[line]?.[position]
    const options = reading[line]?.[position] ?? []
    const all = options.reduce((sum, { cost }) => sum + Math.exp(-cost), 0)
    const own = options.find((option) => option.character === character)
    least = Math.min(least, own === undefined ? 0 : Math.exp(-own.cost) / all)
  }
  return least
}

/** Three digits are more than such a number can tell. */
export const rounded = (confidence: number): number => Math.round(confidence * 1000) / 1000
