import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findDate, fullYear, mrzDate } from '../../../../../worker/tasks/ocr/dates.ts'

const NOW = Date.parse('2026-06-15')

describe('the century of two digits', () => {
  it.each([
    [26, 'birth', 2026],
    [27, 'birth', 1927],
    [74, 'birth', 1974],
    [0, 'birth', 2000],
    [26, 'issue', 2026],
    [99, 'issue', 1999],
    [26, 'expiry', 2026],
    [35, 'expiry', 2035],
    [76, 'expiry', 2076],
    [77, 'expiry', 1977],
    [99, 'expiry', 1999],
  ] as const)('of %d as a year of %s is that of %d', (digits, role, year) => {
    expect(fullYear(digits, role, NOW)).toBe(year)
  })
})

describe("a zone's date", () => {
  it.each([
    ['740812', 'birth', '1974-08-12'],
    ['260614', 'birth', '2026-06-14'],
    ['260616', 'birth', '1926-06-16'],
    ['310121', 'expiry', '2031-01-21'],
    ['7408<<', 'birth', '1974-08'],
    ['74<<<<', 'birth', '1974'],
    ['000229', 'birth', '2000-02-29'],
  ] as const)('%s of %s is %s', (text, role, iso) => {
    expect(mrzDate(text, role, NOW)).toBe(iso)
  })

  it.each(['741301', '740231', '010229', '74081', 'ABCDEF', '<<<<<<', ''])('%j is none', (text) => {
    expect(mrzDate(text, 'birth', NOW)).toBeUndefined()
  })

  it('of birth is never in the future', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{6}$/), (text) => {
        const date = mrzDate(text, 'birth', NOW)
        expect(date === undefined || Date.parse(date) <= NOW).toBe(true)
      }),
    )
  })
})

describe('a printed date', () => {
  it.each([
    ['12 AUG 1974', '1974-08-12'],
    ['12AUG1974', '1974-08-12'],
    ['12 AUGUST/AOUT 74', '1974-08-12'],
    ['31 DES/DEC 66', '1966-12-31'],
    ['13LIP/JUL 2006', '2006-07-13'],
    ['26 MAÍ/MAY 99', '1999-05-26'],
    ['17.10.2003', '2003-10-17'],
    ['17/10/03', '2003-10-17'],
    ['01-02-1999', '1999-02-01'],
    ['1 2 1999', '1999-02-01'],
    ['2011-08-21', '2011-08-21'],
    ['3. 12.06.1974 ZENITH', '1974-06-12'],
    ['O5 SEP 1951', '1951-09-05'],
    ['05 0CT 1951', '1951-10-05'],
    ['I2.O8.1974', '1974-08-12'],
    ['02/29/2000', '2000-02-29'],
  ])('%j is %s', (text, iso) => {
    expect(findDate(text, 'birth', NOW)?.iso).toBe(iso)
  })

  it.each(['UTOPIA', '99006000', '12 ABC 1974', '32.01.1999', '31.02.1999', '6956220612', 'ZE 184226 B', '1,71 m', ''])(
    'is not seen in %j',
    (text) => {
      expect(findDate(text, 'birth', NOW)).toBeUndefined()
    },
  )

  it('keeps the characters it was read from', () => {
    expect(findDate('geboren 12 AUG 1974', 'birth', NOW)?.raw).toBe('12 AUG 1974')
  })

  it('is found or not in any text, without throwing', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const date = findDate(text, 'expiry', NOW)
        expect(date === undefined || /^\d{4}-\d\d-\d\d$/.test(date.iso)).toBe(true)
      }),
    )
  })
})
