import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Mrz } from '../../../../../../infra/domain/results.ts'
import { mrzFields } from '../../../../../../worker/tasks/ocr/mrz/fields.ts'
import { LAYOUTS } from '../../../../../../worker/tasks/ocr/mrz/layout.ts'
import { readingOf } from '../../../../../../worker/tasks/ocr/mrz/zone-reading.ts'
import { composeMrz } from '../../../../../fixtures/documents/holder.ts'
import { votesFor } from './a-reading.ts'
import { arbitraryHolder, FORMATS } from './arbitrary-holder.ts'
import { LONG_NUMBER_CARD, STANDARD_ZONES } from './zones.ts'

const NOW = Date.parse('2026-06-01')

const fieldsOf = (format: Mrz['format'], lines: readonly string[]) =>
  mrzFields(readingOf(votesFor(lines), LAYOUTS[format], []), NOW)
const valuesOf = (format: Mrz['format'], lines: readonly string[]) =>
  Object.fromEntries(Object.entries(fieldsOf(format, lines)).map(([name, field]) => [name, field?.value]))

describe('fields of a machine-readable zone', () => {
  it.each([
    ['TD1', { documentNumber: 'D23145890', birthDate: '1974-08-12', expiryDate: '2012-04-15', nationality: 'UTO' }],
    ['TD2', { documentNumber: 'D23145890', birthDate: '1974-08-12', expiryDate: '2012-04-15', nationality: 'UTO' }],
    [
      'TD3',
      {
        documentNumber: 'L898902C3',
        birthDate: '1974-08-12',
        expiryDate: '2012-04-15',
        nationality: 'UTO',
        personalNumber: 'ZE184226B',
      },
    ],
    ['MRV-A', { documentNumber: 'L8988901C', birthDate: '1940-09-07', expiryDate: '1996-12-10', nationality: 'XXX' }],
    ['MRV-B', { documentNumber: 'L8988901C', birthDate: '1940-09-07', expiryDate: '1996-12-10', nationality: 'XXX' }],
  ] as const)("are read from the standard's %s specimen", (format, expected) => {
    expect(valuesOf(format, STANDARD_ZONES[format])).toEqual({
      surname: 'ERIKSSON',
      givenNames: 'ANNA MARIA',
      issuingCountry: 'UTO',
      sex: 'F',
      ...expected,
    })
  })

  it('hold a document number longer than its field', () => {
    expect(valuesOf('TD1', LONG_NUMBER_CARD)).toMatchObject({ documentNumber: 'D23145890734' })
    expect(valuesOf('TD1', LONG_NUMBER_CARD)).not.toHaveProperty('personalNumber')
  })

  it("are the holder's, whoever it is", () => {
    fc.assert(
      fc.property(fc.constantFrom(...FORMATS), arbitraryHolder, (format, holder) => {
        const { issueDate: _, personalNumber, ...printed } = holder
        const visa = format.startsWith('MRV')
        expect(valuesOf(format, composeMrz(format, holder))).toEqual({ ...printed, ...(!visa && { personalNumber }) })
      }),
    )
  })

  it('take any strings without throwing', () => {
    fc.assert(
      fc.property(fc.constantFrom(...FORMATS), fc.array(fc.string(), { maxLength: 4 }), (format, junk) => {
        expect(() => fieldsOf(format, junk)).not.toThrow()
      }),
      { numRuns: 50 },
    )
  })

  it('say as printed what was normalised, and where it was read', () => {
    const { birthDate, surname } = fieldsOf('TD3', STANDARD_ZONES.TD3)
    expect(birthDate).toMatchObject({ value: '1974-08-12', raw: '740812', source: 'mrz' })
    expect(surname).not.toHaveProperty('raw')
  })

  it('are surer where a check digit fits than where none covers them, and unsure where it fails', () => {
    const [first = '', second = ''] = STANDARD_ZONES.TD3
    const doubtful = (line: number, position: number, character: string) =>
      mrzFields(readingOf(votesFor([first, second], { line, position, character, share: 0.3 }), LAYOUTS.TD3, []), NOW)
    const name = doubtful(0, 5, 'F').surname?.confidence ?? 0
    const number = doubtful(1, 0, 'E').documentNumber?.confidence ?? 0
    expect(name).toBeCloseTo(0.7, 1)
    expect(number).toBeGreaterThan(0.9)
    const failing = fieldsOf('TD3', [first, `X${second.slice(1)}`]).documentNumber?.confidence
    expect(failing).toBeLessThanOrEqual(0.5)
  })

  it('leave out a date that is none, and keep what is known of one', () => {
    const birth = (date: string) => valuesOf('TD3', [STANDARD_ZONES.TD3[0] ?? '', `L898902C36UTO${date}`]).birthDate
    expect(birth('7413122')).toBeUndefined()
    expect(birth('7408<<2')).toBe('1974-08')
    expect(birth('74<<<<2')).toBe('1974')
  })
})
