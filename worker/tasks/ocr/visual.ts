import { OCR_FIELDS, type OcrField, type OcrFieldName } from '../../../infra/domain/results.ts'
import { type DateRole, findDate } from './dates.ts'
import type { DocumentLine } from './document.ts'
import { findLabel, type Label } from './labels.ts'
import { type Fields, rounded } from './mrz/fields.ts'
import { stripLength } from './strip.ts'

/** Printed values stand right under their label: within this many label heights. */
const MAX_DROP_RATIO = 3.2
/** And begin near where the label begins: within this share of the label's length, or so many heights. */
const MAX_SHIFT_RATIO = 3

const DATE_ROLES: Readonly<Partial<Record<OcrFieldName, DateRole>>> = {
  birthDate: 'birth',
  issueDate: 'issue',
  expiryDate: 'expiry',
}

/** What a value must look like to be believed; names and the like are capitals. */
const SHAPES: Readonly<Partial<Record<OcrFieldName, RegExp>>> = {
  documentNumber: /^(?=.*\d)[A-Z0-9][A-Z0-9 -]{4,19}$/,
  personalNumber: /^(?=.*\d)[A-Z0-9][A-Z0-9 -]{4,19}$/,
  sex: /^[MFX]$/,
  nationality: /^[A-Z]{2,}/,
  issuingCountry: /^[A-Z]{3}$/,
  surname: /^[\p{Lu}][\p{Lu}' -]*$/u,
  givenNames: /^[\p{Lu}][\p{Lu}' -]*$/u,
}

interface Labelled {
  readonly label: Label
  readonly rest: string
  readonly line: DocumentLine
}

/**
 * Fields of the printed part: the value behind a label in its line, or in the line below it.
 * @param now epoch ms, for the century of two-digit years
 */
export const visualFields = (lines: readonly DocumentLine[], now: number): Fields => {
  const labelled = lines.flatMap((line): Labelled[] => {
    const found = findLabel(line.text)
    return found ? [{ ...found, line }] : []
  })
  const labels = new Set(labelled.map(({ line }) => line))
  const fields: { [name in OcrFieldName]?: OcrField } = {}
  for (const { label, rest, line } of labelled) {
    if (label === 'other' || fields[label]) continue
    const candidates = rest === '' ? below(line, lines, labels) : [{ text: rest, confidence: line.confidence }]
    for (const { text, confidence } of candidates) {
      const value = readValue(label, text, now)
      if (!value) continue
      fields[label] = { ...value, confidence: rounded(confidence), source: 'visual' }
      break
    }
  }
  return Object.fromEntries(OCR_FIELDS.flatMap((name) => (fields[name] ? [[name, fields[name]]] : [])))
}

/** Lines that may hold a label's value, nearest first, by place along and across the label's own direction. */
const below = (label: DocumentLine, lines: readonly DocumentLine[], labels: ReadonlySet<DocumentLine>) => {
  const { left, right, height } = label.strip
  const length = Math.max(1, stripLength(label.strip))
  const along = { x: (right.x - left.x) / length, y: (right.y - left.y) / length }
  return lines
    .filter((line) => !labels.has(line))
    .map((line) => {
      const x = line.strip.left.x - left.x
      const y = line.strip.left.y - left.y
      return { line, shift: x * along.x + y * along.y, drop: y * along.x - x * along.y }
    })
    .filter(
      ({ shift, drop }) => drop > 0 && drop < MAX_DROP_RATIO * height && Math.abs(shift) < MAX_SHIFT_RATIO * height,
    )
    .sort((a, b) => a.drop - b.drop)
    .map(({ line }) => line)
}

const readValue = (field: OcrFieldName, text: string, now: number): Pick<OcrField, 'value' | 'raw'> | undefined => {
  const role = DATE_ROLES[field]
  if (role) {
    const date = findDate(text, role, now)
    return date && { value: date.iso, ...(date.raw !== date.iso && { raw: date.raw }) }
  }
  const value = text.trim()
  return SHAPES[field]?.test(value) ? { value } : undefined
}
