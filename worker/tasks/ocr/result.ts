import { outcome } from '../../../infra/domain/outcomes.ts'
import type { Box, OcrResult } from '../../../infra/domain/results.ts'
import { mergeFields } from './cross-check.ts'
import type { DocumentText } from './document.ts'
import { documentTypeOf } from './document-type.ts'
import { mrzFields, rounded } from './mrz/fields.ts'
import type { ZoneReading } from './mrz/zone-reading.ts'
import { inReadingOrder } from './placed-lines.ts'
import { printedFields } from './printed-fields.ts'
import { hearPrinted } from './printed-votes.ts'
import { type Strip, stripCorners } from './strip.ts'
import type { Text } from './text.ts'

/** Free text counts as a document when so many lines of it are sure: a shirt or a street sign has fewer. */
const MIN_LINES = 3
const MIN_LINE_LENGTH = 3
const SURE_CONFIDENCE = 0.8

/**
 * What the caller gets to know of a document.
 * @param now epoch ms, for the century of two-digit years
 * @returns undefined when nothing on the picture reads like a document
 */
export const toResult = (document: DocumentText, now: number): OcrResult | undefined => {
  const { lines, angle } = document
  const printed = printedFields(lines, angle, now)
  const zone = document.zone && hearPrinted(document.zone, printed, lines)
  const fields = zone ? mergeFields(mrzFields(zone, now), printed, lines, now) : printed
  if (!zone && Object.keys(fields).length === 0 && !isText(lines)) return undefined
  const checksFit = zone === undefined || zone.checks.every(({ valid }) => valid)
  return {
    documentType: documentTypeOf(zone, lines),
    fields,
    mrz: zone ? { format: zone.layout.format, lines: zone.lines, checks: zone.checks, valid: checksFit } : null,
    text: textOf({ ...document, zone }),
    warnings: checksFit ? [] : [outcome('MRZ_CHECKSUM_FAILED', 'image')],
  }
}

const isText = (lines: readonly Text[]): boolean =>
  lines.filter(({ text, confidence }) => text.length >= MIN_LINE_LENGTH && confidence >= SURE_CONFIDENCE).length >=
  MIN_LINES

const textOf = ({ lines, zone, angle, width, height }: DocumentText): OcrResult['text'] =>
  inReadingOrder([...lines, ...(zone ? zoneLines(zone) : [])], angle).map(({ text, confidence, strip }) => ({
    text,
    confidence: rounded(confidence),
    box: boxOf(strip, width, height),
  }))

const zoneLines = ({ lines, rows, agreement }: ZoneReading) =>
  rows.map((strip, row) => ({ text: lines[row] ?? '', confidence: agreement, strip }))

/** The upright box around a strip, as far as it lies in the picture. */
const boxOf = (strip: Strip, width: number, height: number): Box => {
  const corners = stripCorners(strip)
  const within = (value: number, max: number): number => Math.min(Math.max(value, 0), max)
  const xs = corners.map(({ x }) => within(x, width))
  const ys = corners.map(({ y }) => within(y, height))
  const left = Math.floor(Math.min(...xs))
  const top = Math.floor(Math.min(...ys))
  return { left, top, width: Math.ceil(Math.max(...xs)) - left, height: Math.ceil(Math.max(...ys)) - top }
}
