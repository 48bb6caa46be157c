import { describe, expect, it } from 'vitest'
import type { OcrField } from '../../../../../infra/domain/results.ts'
import { mergeFields } from '../../../../../worker/tasks/ocr/cross-check.ts'

const NOW = Date.parse('2026-06-01')
const mrz = (value: string, confidence = 0.9): OcrField => ({ value, confidence, source: 'mrz' })
const visual = (value: string, confidence = 0.9): OcrField => ({ value, confidence, source: 'visual' })
const line = (text: string, confidence = 0.9) => ({ text, confidence })

describe('fields of zone and print together', () => {
  it('are surer where both say the same', () => {
    const { surname } = mergeFields({ surname: mrz('ERIKSSON') }, { surname: visual('ERIKSSON') }, [], NOW)
    expect(surname).toEqual({ value: 'ERIKSSON', confidence: 0.99, source: 'both' })
  })

  it('agree over accents, spaces and one letter in six', () => {
    const agree = (name: string, printed: string) =>
      mergeFields({ surname: mrz(name) }, { surname: visual(printed) }, [], NOW).surname?.source
    expect(agree('GARCIA LOPEZ', 'GARCÍA-LÓPEZ')).toBe('both')
    expect(agree('MUELLER', 'MULLER')).toBe('both')
    expect(agree('SMITH', 'SMYTH')).toBe('mrz')
  })

  it('follow the zone where print contradicts it, with less confidence in a name', () => {
    const merged = mergeFields(
      { surname: mrz('SMITH'), birthDate: mrz('1974-08-12') },
      { surname: visual('JONES'), birthDate: visual('1975-08-12') },
      [],
      NOW,
    )
    expect(merged.surname).toEqual({ value: 'SMITH', confidence: 0.54, source: 'mrz' })
    expect(merged.birthDate).toEqual(mrz('1974-08-12'))
  })

  it('are confirmed by a line without a label', () => {
    const lines = [line('12AUG1974'), line('ERIKSSON'), line('L898902C3', 0.2)]
    const merged = mergeFields(
      { surname: mrz('ERIKSSON'), birthDate: mrz('1974-08-12'), documentNumber: mrz('L898902C3') },
      {},
      lines,
      NOW,
    )
    expect([merged.surname, merged.birthDate, merged.documentNumber].map((field) => field?.source)).toEqual([
      'both',
      'both',
      'mrz',
    ])
  })

  it('have what only one of them has', () => {
    const merged = mergeFields({ sex: mrz('F') }, { nationality: visual('UTOPIAN') }, [], NOW)
    expect(merged).toEqual({ sex: mrz('F'), nationality: visual('UTOPIAN') })
  })

  it('take from print the names that the zone had to cut short', () => {
    const { givenNames } = mergeFields(
      { surname: mrz('NILAVADHANANANDA'), givenNames: mrz('CHAYAPA DEJ') },
      { givenNames: visual('CHAYAPA DEJTHAMRONG') },
      [],
      NOW,
    )
    expect(givenNames).toEqual({ value: 'CHAYAPA DEJTHAMRONG', confidence: 0.9, source: 'both', raw: 'CHAYAPA DEJ' })
  })
})

describe('a date of issue', () => {
  const dates = { birthDate: mrz('1974-08-12'), expiryDate: mrz('2031-02-08') }

  it('needs no label when it is the only date between birth and expiry', () => {
    const { issueDate } = mergeFields(dates, {}, [line('09 FEB 2021'), line('12 AUG 1974'), line('08 FEB 2031')], NOW)
    expect(issueDate).toMatchObject({ value: '2021-02-09', source: 'visual', raw: '09 FEB 2021' })
    expect(issueDate?.confidence).toBeLessThan(0.6)
  })

  it('is not guessed from two dates, or from one in the future', () => {
    expect(mergeFields(dates, {}, [line('09 FEB 2021'), line('10 MAR 2020')], NOW)).not.toHaveProperty('issueDate')
    expect(mergeFields(dates, {}, [line('09 FEB 2029')], NOW)).not.toHaveProperty('issueDate')
  })

  it('is doubted when its label stands beside the date of expiry', () => {
    const merged = mergeFields(dates, { issueDate: visual('2031-02-08') }, [], NOW)
    expect(merged).not.toHaveProperty('issueDate')
  })
})
