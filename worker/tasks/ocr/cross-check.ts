import type { OcrField, OcrFieldName } from '../../../infra/domain/results.ts'
import { findDate } from './dates.ts'
import { editDistance } from './labels.ts'
import { type Fields, rounded } from './mrz/fields.ts'
import type { Text } from './text.ts'

/** Printed text this unsure confirms nothing. */
const MIN_CONFIDENCE = 0.5
/** A name that the printed text contradicts is this much less sure. */
const CONTRADICTED = 0.6
/** Names of this many characters may fill the shortest zone: 30 on a card, less the fillers between them. */
const FULL_LENGTH = 25
/** One letter in six may differ: the zone writes names without accents. */
const LETTERS_PER_DIFFERENCE = 6

/**
 * Put the fields of the machine-readable zone and of the printed text together. Where both say the same, confidence grows;
 * where they differ the zone's stands, being made for machines, with less confidence for what no check digit covers. What
 * only one of them has is taken from there.
 */
export const mergeFields = (mrz: Fields, printed: Fields, lines: readonly Text[], now: number): Fields => {
  const merged: { [name in OcrFieldName]?: OcrField } = { ...printed }
  for (const [name, field] of Object.entries(mrz) as [OcrFieldName, OcrField][]) {
    const seen = printed[name]
    const support =
      seen && agree(name, field.value, seen.value) ? seen.confidence : supportIn(lines, name, field.value, now)
    if (seen && cutShort(name, mrz, seen.value)) merged[name] = { ...seen, source: 'both', raw: field.value }
    else if (support !== undefined) merged[name] = confirmed(field, support)
    else if (seen && (name === 'surname' || name === 'givenNames'))
      merged[name] = { ...field, confidence: rounded(field.confidence * CONTRADICTED) }
    else merged[name] = field
  }
  return withIssueDate(merged, lines, now)
}

/** A zone that is full of names may have cut the last one short: then the printed one goes on where it ends. */
const cutShort = (name: OcrFieldName, { surname, givenNames }: Fields, printed: string): boolean => {
  if (name !== 'surname' && name !== 'givenNames') return false
  const own = squeezed((name === 'surname' ? surname : givenNames)?.value ?? '')
  const length = `${surname?.value ?? ''}${givenNames?.value ?? ''}`.length
  return length >= FULL_LENGTH && squeezed(printed).length > own.length && squeezed(printed).startsWith(own)
}

const confirmed = (field: OcrField, support: number): OcrField => ({
  ...field,
  source: 'both',
  confidence: rounded(1 - (1 - field.confidence) * (1 - support)),
})

const squeezed = (text: string): string =>
  text
    .normalize('NFD')
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '')

const agree = (name: OcrFieldName, value: string, printed: string): boolean => {
  if (name === 'birthDate' || name === 'expiryDate') return value === printed
  const [a, b] = [squeezed(value), squeezed(printed)]
  if (name === 'surname' || name === 'givenNames')
    return editDistance(a, b) <= Math.floor(a.length / LETTERS_PER_DIFFERENCE)
  return a === b || (name === 'nationality' && a.length === 3 && b.startsWith(a))
}

/** Is the value printed anywhere, label or not? @returns the confidence of the line that says so */
const supportIn = (lines: readonly Text[], name: OcrFieldName, value: string, now: number): number | undefined => {
  if (name === 'sex') return undefined
  const role = name === 'birthDate' ? 'birth' : name === 'expiryDate' ? 'expiry' : undefined
  const wanted = squeezed(value)
  const says = ({ text }: Text): boolean =>
    role ? findDate(text, role, now)?.iso === value : wanted.length >= 3 && squeezed(text) === wanted
  const found = lines.filter((line) => line.confidence >= MIN_CONFIDENCE && says(line))
  return found.length === 0 ? undefined : Math.max(...found.map(({ confidence }) => confidence))
}

/**
 * A label's nearest date may belong to its neighbour: a date of issue that is not between birth and expiry is none. A date
 * printed without a label that can be read, between the two and not in the future, is.
 */
const withIssueDate = ({ issueDate, ...fields }: Fields, lines: readonly Text[], now: number): Fields => {
  const { birthDate, expiryDate } = fields
  const between = (iso: string): boolean =>
    (!birthDate || iso > birthDate.value) && (!expiryDate || iso < expiryDate.value) && Date.parse(iso) <= now
  if (issueDate && between(issueDate.value)) return { ...fields, issueDate }
  if (!birthDate || !expiryDate) return fields
  const others = lines.flatMap(({ text, confidence }) => {
    const date = findDate(text, 'issue', now)
    return date && between(date.iso) ? [{ ...date, confidence }] : []
  })
  const [only] = others
  if (only === undefined || others.some(({ iso }) => iso !== only.iso)) return fields
  const confidence = rounded(only.confidence * CONTRADICTED)
  return { ...fields, issueDate: { value: only.iso, confidence, source: 'visual', raw: only.raw } }
}
