import { outcome } from '../../../infra/domain/outcomes.ts'
import type { Box, DocumentType, OcrField, OcrFieldName, OcrResult } from '../../../infra/domain/results.ts'
import { OCR_FIELDS } from '../../../infra/domain/results.ts'
import type { DocumentLine, DocumentText } from './document.ts'
import { type Fields, mrzFields, rounded } from './mrz/fields.ts'
import type { ZoneReading } from './mrz/read-zone.ts'
import { visualFields } from './visual.ts'

/** Fewer characters than this are no document: a logo, a sign in the background. */
const MIN_CHARACTERS = 12

/**
 * Put together what was read.
 * @param expected what the caller says the document is
 * @param now epoch ms
 * @returns undefined when there is nothing to speak of
 */
export const toResult = (
  { lines, zone }: DocumentText,
  expected: DocumentType | undefined,
  now: number,
): OcrResult | undefined => {
  const characterCount = lines.reduce((sum, { text }) => sum + text.length, 0)
  if (!zone && characterCount < MIN_CHARACTERS) return undefined
  const fromZone = zone ? mrzFields(zone, now) : {}
  const mrz = zone ? { format: zone.layout.format, lines: zone.lines, checks: zone.checks, valid: isValid(zone) } : null
  return {
    documentType: documentTypeOf(zone, expected),
    fields: merge(fromZone, visualFields(lines, now)),
    mrz,
    text: lines
      .map((line) => ({ text: line.text, confidence: rounded(line.confidence), box: boxOf(line) }))
      .sort((a, b) => a.box.top - b.box.top || a.box.left - b.box.left),
    warnings: mrz && !mrz.valid ? [outcome('MRZ_CHECKSUM_FAILED')] : [],
  }
}

const isValid = ({ checks }: ZoneReading): boolean => checks.every(({ valid }) => valid)

const documentTypeOf = (zone: ZoneReading | undefined, expected: DocumentType | undefined): DocumentType => {
  if (!zone) return expected ?? 'unknown'
  const [first = 'unknown'] = zone.layout.documentTypes
  return expected && zone.layout.documentTypes.includes(expected) ? expected : first
}

/** Both readings agreeing leave little doubt; where they differ the one with check digits decides. */
const merge = (zone: Fields, visual: Fields): OcrResult['fields'] => {
  const fields: { [name in OcrFieldName]?: OcrField } = {}
  for (const name of OCR_FIELDS) {
    const [machine, printed] = [zone[name], visual[name]]
    if (machine && printed && same(machine.value, printed.value)) {
      const doubt = (1 - machine.confidence) * (1 - printed.confidence)
      fields[name] = { ...machine, confidence: rounded(1 - doubt), source: 'both' }
    } else {
      const one = machine ?? printed
      if (one) fields[name] = one
    }
  }
  return fields
}

const same = (a: string, b: string): boolean => bare(a) === bare(b)
const bare = (text: string): string =>
  text
    .normalize('NFD')
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '')

/** The upright box around a strip. */
const boxOf = ({ strip: { left, right, height } }: DocumentLine): Box => {
  const length = Math.max(1, Math.hypot(right.x - left.x, right.y - left.y))
  const across = {
    x: Math.abs(((right.y - left.y) / length) * height) / 2,
    y: Math.abs(((right.x - left.x) / length) * height) / 2,
  }
  const [x, y] = [Math.min(left.x, right.x) - across.x, Math.min(left.y, right.y) - across.y]
  return {
    left: Math.round(x),
    top: Math.round(y),
    width: Math.round(Math.abs(right.x - left.x) + 2 * across.x),
    height: Math.round(Math.abs(right.y - left.y) + 2 * across.y),
  }
}
