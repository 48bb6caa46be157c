import { describe, expect, it } from 'vitest'
import type { DocumentLine } from '../../../../../worker/tasks/ocr/document.ts'
import { printedFields } from '../../../../../worker/tasks/ocr/printed-fields.ts'
import { aLine, PASSPORT_LINES, turnedLines } from './lines.ts'

const NOW = Date.parse('2026-06-01')
const values = (lines: readonly DocumentLine[], angle = 0) =>
  Object.fromEntries(Object.entries(printedFields(lines, angle, NOW)).map(([name, field]) => [name, field?.value]))

const PASSPORT = {
  surname: 'ERIKSSON',
  givenNames: 'ANNA MARIA',
  documentNumber: 'L898902C3',
  nationality: 'UTOPIAN',
  birthDate: '1974-08-12',
  sex: 'F',
  issueDate: '2007-04-16',
  expiryDate: '2012-04-15',
}

describe('printed fields', () => {
  it('are the values under their labels', () => {
    expect(values(PASSPORT_LINES)).toEqual(PASSPORT)
  })

  it.each([5, 90, 180, -90])('are found on a page turned by %d degrees', (degrees) => {
    const angle = (degrees * Math.PI) / 180
    expect(values(turnedLines(PASSPORT_LINES, angle), angle)).toEqual(PASSPORT)
  })

  it('are found beside their labels, too', () => {
    const lines = [aLine('Surname', 20, 20), aLine('SMITH', 150, 21), aLine('Sex', 20, 60), aLine('M', 150, 60)]
    expect(values(lines)).toEqual({ surname: 'SMITH', sex: 'M' })
  })

  it('are found behind a colon', () => {
    expect(values([aLine('Date of birth: 03.11.1988', 20, 20)])).toEqual({ birthDate: '1988-11-03' })
  })

  it('keep where they came from, how sure they are, and what was printed', () => {
    expect(printedFields(PASSPORT_LINES, 0, NOW).birthDate).toEqual({
      value: '1974-08-12',
      confidence: 0.95,
      source: 'visual',
      raw: '12 AUG 1974',
    })
    expect(printedFields(PASSPORT_LINES, 0, NOW).surname).not.toHaveProperty('raw')
  })

  it('are not taken from what cannot be their value', () => {
    const lines = [aLine('Date of birth', 20, 20), aLine('ZENITH', 20, 44), aLine('Sex', 20, 90), aLine('Q', 20, 114)]
    expect(values(lines)).toEqual({})
  })

  it('are not taken from another label, from far away, or from a smudge', () => {
    expect(values([aLine('Surname', 20, 20), aLine('Given names', 20, 44)])).toEqual({})
    expect(values([aLine('Surname', 20, 20), aLine('SMITH', 20, 300)])).toEqual({})
    expect(values([aLine('Surname', 20, 20), aLine('SMITH', 20, 44, 0.3)])).toEqual({})
  })

  it('look past the place of birth for the date of birth', () => {
    const lines = [
      aLine('Place of birth', 20, 20),
      aLine('ZENITH', 20, 44),
      aLine('Date of birth', 250, 20),
      aLine('12 AUG 1974', 250, 44),
    ]
    expect(values(lines)).toEqual({ birthDate: '1974-08-12' })
  })

  it('of a driving licence stand behind their numbers', () => {
    const lines = [
      '1. LINDQVIST',
      '2.ERIK GUSTAV',
      '3. 12.06.1974 ZENITH',
      '4a. 02.09.2019',
      '4b.01.09.2034',
      '5.LINDQ706124EG9',
    ]
    expect(values(lines.map((text, row) => aLine(text, 300, 100 + row * 40)))).toEqual({
      surname: 'LINDQVIST',
      givenNames: 'ERIK GUSTAV',
      birthDate: '1974-06-12',
      issueDate: '2019-09-02',
      expiryDate: '2034-09-01',
      documentNumber: 'LINDQ706124EG9',
    })
  })

  it('of a page with a few numbered remarks are not those of a licence', () => {
    expect(values([aLine('1. SIGN HERE', 20, 20), aLine('2. KEEP SAFE', 20, 60)])).toEqual({})
  })
})
