import type { OcrField, OcrFieldName } from '../../../infra/domain/results.ts'
import { type DateRole, findDate } from './dates.ts'
import type { DocumentLine } from './document.ts'
import { findLabel, type Label } from './labels.ts'
import { type Fields, rounded } from './mrz/fields.ts'
import { inReadingOrder, type Placed } from './placed-lines.ts'

type PlacedLine = Placed<DocumentLine>

/** A label where it stands, with what follows it in its line. */
interface Announced {
  readonly label: Label
  readonly rest: string
  readonly line: PlacedLine
}

/** A value stands at most this far below its label or to the right of it, in heights of a line. */
const MAX_BELOW = 3.4
const MAX_BESIDE = 14
/** Lines this close in height stand in one row, in heights. */
const SAME_ROW = 0.6
/** A value begins about where its label does, in heights. */
const MAX_INDENT = 4
/** Being beside the label is as good as being this many heights below it. */
const BESIDE_HANDICAP = 0.8
/** Values read with less confidence than this are none. */
const MIN_CONFIDENCE = 0.5

const DATE_ROLES: Readonly<Partial<Record<OcrFieldName, DateRole>>> = {
  birthDate: 'birth',
  issueDate: 'issue',
  expiryDate: 'expiry',
}

/** Numbers of the European driving licence. @source Directive 2006/126/EC, annex I */
const LICENCE_CODES: Readonly<Record<string, OcrFieldName>> = {
  '1': 'surname',
  '2': 'givenNames',
  '3': 'birthDate',
  '4a': 'issueDate',
  '4b': 'expiryDate',
  '4d': 'personalNumber',
  '5': 'documentNumber',
}
/** Fewer numbered lines than this are a coincidence. */
const MIN_LICENCE_LINES = 4

/**
 * Read fields from printed text: from the value under or beside each label, or behind the numbers of a driving licence.
 * @param now epoch ms, for the century of two-digit years
 */
export const printedFields = (lines: readonly DocumentLine[], angle: number, now: number): Fields => {
  const placed = inReadingOrder(lines, angle)
  const numbered = licenceFields(placed, now)
  return numbered ?? labelledFields(placed, now)
}

const labelledFields = (placed: readonly PlacedLine[], now: number): Fields => {
  const labels = placed.flatMap((line): Announced[] => {
    const found = findLabel(line.text)
    return found ? [{ ...found, line }] : []
  })
  const taken = new Set(labels.filter(({ rest }) => rest === '').map(({ line }) => line))
  const fields: { [name in OcrFieldName]?: OcrField } = {}
  for (const { label, rest, line } of labels) {
    if (label === 'other' || fields[label] !== undefined) continue
    const inline = rest === '' ? undefined : toField(label, rest, line.confidence, now)
    const value = inline ?? valueNear(label, line, placed, taken, now)
    if (value) fields[label] = value
  }
  return fields
}

/** The nearest line below or beside a label that can be its value. */
const valueNear = (
  label: OcrFieldName,
  from: PlacedLine,
  placed: readonly PlacedLine[],
  taken: ReadonlySet<PlacedLine>,
  now: number,
): OcrField | undefined => {
  const candidates = placed.flatMap((line) => {
    const far = taken.has(line) || line === from ? undefined : distance(from, line)
    return far === undefined ? [] : [{ line, far }]
  })
  for (const { line } of candidates.toSorted((a, b) => a.far - b.far)) {
    const field = toField(label, line.text, line.confidence, now)
    if (field) return field
    // The first line right below is the value, or there is none: the next one belongs to another label.
    if (DATE_ROLES[label] === undefined && label !== 'sex') return undefined
  }
  return undefined
}

const distance = (label: PlacedLine, line: PlacedLine): number | undefined => {
  const height = Math.max(label.height, line.height)
  const below = (line.across - label.across) / height
  const beside = (line.left - label.right) / height
  if (Math.abs(below) < SAME_ROW) return beside > -1 && beside < MAX_BESIDE ? beside * 0.3 + BESIDE_HANDICAP : undefined
  if (below < 0 || below > MAX_BELOW) return undefined
  const indent = Math.abs(line.left - label.left) / height
  const overlaps = line.left < label.right && line.right > label.left
  return indent < MAX_INDENT || overlaps ? below + indent * 0.2 : undefined
}

const licenceFields = (placed: readonly PlacedLine[], now: number): Fields | undefined => {
  const fields: { [name in OcrFieldName]?: OcrField } = {}
  let count = 0
  for (const { text, confidence } of placed) {
    const [, code = '', rest = ''] = /^(1|2|3|4a|4b|4d|5)(?:[.,:)]\s*|\s+)(\S.*)$/i.exec(text) ?? []
    const name = LICENCE_CODES[code.toLowerCase()]
    const field = name && toField(name, rest, confidence, now)
    if (!name || !field || fields[name]) continue
    fields[name] = field
    count += 1
  }
  return count >= MIN_LICENCE_LINES ? fields : undefined
}

/** Make a field of a text, if it can be one. */
const toField = (name: OcrFieldName, text: string, confidence: number, now: number): OcrField | undefined => {
  if (confidence < MIN_CONFIDENCE) return undefined
  const value = parseValue(name, text, now)
  if (value === undefined) return undefined
  return { value, confidence: rounded(confidence), source: 'visual', ...(value !== text && { raw: text }) }
}

const parseValue = (name: OcrFieldName, text: string, now: number): string | undefined => {
  const role = DATE_ROLES[name]
  if (role) return findDate(text, role, now)?.iso
  if (name === 'sex') return sexOf(text)
  if (name === 'surname' || name === 'givenNames') return nameOf(text)
  if (name === 'nationality' || name === 'issuingCountry') return nameOf(text)
  return numberOf(text)
}

/** Letters of the words for male and female in the languages of passports; M, F or X alone is the standard's. */
const sexOf = (text: string): string | undefined => {
  const [first = '', second] = text
    .toUpperCase()
    .split(/[^A-Z]+/)
    .filter(Boolean)
  const word = second !== undefined && /^[MFX]$/.test(second) ? second : first
  if (/^(M|MALE|MASC|MASCULIN|MANN|MASCULINO|H|HOMBRE|MASCHIO)$/.test(word)) return 'M'
  if (/^(F|FEMALE|FEM|FEMININ|FRAU|FEMENINO|FEMININO|MUJER|FEMMINA|W|K|V)$/.test(word)) return 'F'
  return word === 'X' ? 'X' : undefined
}

/** Capitals with single spaces; undefined for what has digits or no two letters. */
const nameOf = (text: string): string | undefined => {
  const name = text
    .replace(/[^\p{L}' .-]+/gu, ' ')
    .trim()
    .replace(/\s+/g, ' ')
    .toUpperCase()
  const letterCount = name.replace(/[^\p{L}]/gu, '').length
  return letterCount >= 2 && !/\d.*\d/.test(text) ? name : undefined
}

const numberOf = (text: string): string | undefined => {
  const number = text.toUpperCase().replace(/[^A-Z0-9/-]/g, '')
  return number.length >= 4 && /\d/.test(number) ? number : undefined
}
