import { describe, expect, it } from 'vitest'
import type { Mrz } from '../../../../../../infra/domain/results.ts'
import { numberParts, verifyChecks } from '../../../../../../worker/tasks/ocr/mrz/checks.ts'
import { LAYOUTS } from '../../../../../../worker/tasks/ocr/mrz/layout.ts'
import { LONG_NUMBER_CARD, STANDARD_ZONES } from './zones.ts'

const FORMATS = Object.entries(STANDARD_ZONES) as [Mrz['format'], readonly string[]][]

describe('verifying check digits', () => {
  it.each(FORMATS)("finds every digit of the standard's %s specimen valid", (format, lines) => {
    const checks = verifyChecks(lines, LAYOUTS[format])
    expect(checks.length).toBe({ TD1: 4, TD2: 4, TD3: 5, 'MRV-A': 3, 'MRV-B': 3 }[format])
    expect(checks.every(({ valid }) => valid)).toBe(true)
  })

  it.each(FORMATS)(
    'finds a wrong birth date in a %s specimen, and says which digit it contradicts',
    (format, lines) => {
      const { line, from } = LAYOUTS[format].birthDate
      const wrong = lines.map((text, index) =>
        index === line ? `${text.slice(0, from)}9${text.slice(from + 1)}` : text,
      )
      const invalid = verifyChecks(wrong, LAYOUTS[format]).filter(({ valid }) => !valid)
      expect(invalid.map(({ field }) => field)).toEqual(
        format.startsWith('MRV') ? ['birthDate'] : ['birthDate', 'composite'],
      )
      expect(invalid[0]?.digit).toBe(format.startsWith('MRV') ? '8' : '2')
    },
  )

  it('lets a filler stand for the digit of an empty personal number, but not of a full one', () => {
    const empty = 'L898902C36UTO7408122F1204159<<<<<<<<<<<<<<<4'
    const personal = (second: string) =>
      verifyChecks([STANDARD_ZONES.TD3[0] ?? '', second], LAYOUTS.TD3).find(({ field }) => field === 'personalNumber')
    expect(personal(empty)).toEqual({ field: 'personalNumber', digit: '<', valid: true })
    expect(personal('L898902C36UTO7408122F1204159ZE184226B<<<<<<0')?.valid).toBe(false)
  })

  it('follows a document number that goes on in the optional data', () => {
    expect(numberParts(LONG_NUMBER_CARD, LAYOUTS.TD1)).toEqual({ number: 'D23145890734', digit: '9' })
    expect(verifyChecks(LONG_NUMBER_CARD, LAYOUTS.TD1).every(({ valid }) => valid)).toBe(true)
  })

  it('takes no notice of optional data behind a number that fits its field', () => {
    const lines = ['IDD<<T220001293<<<<<<<<<<<<<<<', '6408125<2010315D<<<<<<<<<<<<<4', 'MUSTERMANN<<ERIKA<<<<<<<<<<<<<']
    expect(numberParts(lines, LAYOUTS.TD1)).toEqual({ number: 'T22000129', digit: '3' })
  })

  it('fails lines that are too short', () => {
    expect(verifyChecks(['P<UTO', 'L898'], LAYOUTS.TD3).filter(({ valid }) => valid)).toEqual([])
  })
})
