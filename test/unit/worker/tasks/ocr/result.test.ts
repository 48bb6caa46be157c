import { describe, expect, it } from 'vitest'
import { LAYOUTS } from '../../../../../worker/tasks/ocr/mrz/layout.ts'
import { readingOf } from '../../../../../worker/tasks/ocr/mrz/zone-reading.ts'
import { toResult } from '../../../../../worker/tasks/ocr/result.ts'
import { aLine, PASSPORT_LINES } from './lines.ts'
import { votesFor } from './mrz/a-reading.ts'
import { STANDARD_ZONES } from './mrz/zones.ts'

const PAGE = { angle: 0, width: 1000, height: 480 }
const NOW = Date.parse('2026-06-01')
const ROWS = [420, 470].map((y) => ({ left: { x: 30, y }, right: { x: 960, y }, height: 24 }))
const zoneOf = (lines: readonly string[]) => readingOf(votesFor(lines), LAYOUTS.TD3, ROWS)

describe('the result', () => {
  it('has fields from both parts, the zone with its checks, and all text in reading order', () => {
    const result = toResult({ lines: PASSPORT_LINES.toReversed(), zone: zoneOf(STANDARD_ZONES.TD3), ...PAGE }, NOW)
    expect(result?.documentType).toBe('passport')
    expect(result?.fields.surname).toMatchObject({ value: 'ERIKSSON', source: 'both' })
    expect(result?.fields.personalNumber).toMatchObject({ value: 'ZE184226B', source: 'mrz' })
    expect(result?.fields.issueDate).toMatchObject({ value: '2007-04-16', source: 'visual' })
    expect(result?.mrz).toMatchObject({ format: 'TD3', lines: STANDARD_ZONES.TD3, valid: true })
    expect(result?.warnings).toEqual([])
    expect(result?.text.map(({ text }) => text).slice(0, 3)).toEqual([
      'UTOPIA PASSPORT',
      'Surname / Nom',
      'Passport No.',
    ])
    expect(result?.text.at(-1)).toMatchObject({
      text: STANDARD_ZONES.TD3[1],
      // Cut off where the picture ends.
      box: { left: 30, top: 458, width: 930, height: 22 },
    })
  })

  it('warns of a check digit that does not fit', () => {
    const [first = '', second = ''] = STANDARD_ZONES.TD3
    const result = toResult({ lines: [], zone: zoneOf([first, `X${second.slice(1)}`]), ...PAGE }, NOW)
    expect(result?.mrz?.valid).toBe(false)
    expect(result?.mrz?.checks.filter(({ valid }) => !valid).map(({ field }) => field)).toEqual([
      'documentNumber',
      'composite',
    ])
    expect(result?.warnings).toMatchObject([{ code: 'MRZ_CHECKSUM_FAILED', fault: 'caller', picture: 'image' }])
  })

  it('does without a zone', () => {
    const result = toResult({ lines: PASSPORT_LINES, zone: undefined, ...PAGE }, NOW)
    expect(result).toMatchObject({ documentType: 'passport', mrz: null, warnings: [] })
    expect(result?.fields.documentNumber?.source).toBe('visual')
  })

  it('gives the text of a document whose fields it does not know', () => {
    const lines = ['Bibliotheksausweis', 'Lesesaal und Magazin', 'nicht verleihbar'].map((text, row) =>
      aLine(text, 20, row * 40),
    )
    expect(toResult({ lines, zone: undefined, ...PAGE }, NOW)).toMatchObject({ documentType: 'unknown', fields: {} })
  })

  it.each([
    ['nothing', []],
    ['a word on a shirt', [aLine('ZENITH', 20, 20)]],
    ['smudges', ['ab', 'xyz', 'qqq', 'lll'].map((text, row) => aLine(text, 20, row * 40, 0.4))],
  ])('does not exist for %s', (_, lines) => {
    expect(toResult({ lines, zone: undefined, ...PAGE }, NOW)).toBeUndefined()
  })

  it.each([
    ['VISA', 'visa'],
    ['REPUBLIC OF UTOPIA PASSPORT', 'passport'],
    ['IDENTITYCARD', 'identity-card'],
    ['PERSONALAUSWEIS', 'identity-card'],
    ['DRIVING LICENCE', 'unknown'],
    ['ADVISABLE', 'unknown'],
  ])('calls a document that says %j: %s', (title, type) => {
    const lines = [aLine(title, 20, 20), aLine('Sex: F', 20, 60)]
    expect(toResult({ lines, zone: undefined, ...PAGE }, NOW)?.documentType).toBe(type)
  })
})
