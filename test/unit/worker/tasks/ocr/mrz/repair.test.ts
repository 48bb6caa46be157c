import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Mrz } from '../../../../../../infra/domain/results.ts'
import { verifyChecks } from '../../../../../../worker/tasks/ocr/mrz/checks.ts'
import { LAYOUTS } from '../../../../../../worker/tasks/ocr/mrz/layout.ts'
import { likeliestLines, readLines, readVotes } from '../../../../../../worker/tasks/ocr/mrz/reading.ts'
import { repairMrz } from '../../../../../../worker/tasks/ocr/mrz/repair.ts'
import { composeMrz } from '../../../../../fixtures/documents/holder.ts'
import { votesFor } from './a-reading.ts'
import { arbitraryHolder, FORMATS } from './arbitrary-holder.ts'
import { STANDARD_ZONES } from './zones.ts'

const put = (lines: readonly string[], line: number, position: number, character: string): readonly string[] =>
  lines.map((text, index) => (index === line ? text.slice(0, position) + character + text.slice(position + 1) : text))

const repaired = (format: Mrz['format'], lines: readonly string[]): readonly string[] =>
  repairMrz(readLines(lines, LAYOUTS[format]), LAYOUTS[format])

const isValid = (format: Mrz['format'], lines: readonly string[]): boolean =>
  verifyChecks(lines, LAYOUTS[format]).every(({ valid }) => valid)

const TD3 = STANDARD_ZONES.TD3
/** One O that must be a digit, and no other character with a twin beside the 8 and the 2. */
const NUMBERED = composeMrz('TD3', {
  surname: 'EK',
  givenNames: 'BO',
  documentNumber: 'HKM7093RT',
  issuingCountry: 'UTO',
  nationality: 'UTO',
  birthDate: '1974-08-12',
  sex: 'F',
  issueDate: '2020-01-01',
  expiryDate: '2030-01-01',
})

describe('repairing a machine-readable zone', () => {
  it('puts digits where only digits may stand, and letters where only letters may', () => {
    const misread = put(put(put(TD3, 1, 13, 'T'), 1, 15, 'O'), 0, 6, '8')
    expect(repaired('TD3', misread)).toEqual(put(TD3, 0, 6, 'B'))
  })

  it('exchanges one look-alike that a check digit gives away', () => {
    expect(repaired('TD3', put(NUMBERED, 1, 4, 'O'))).toEqual(NUMBERED)
  })

  it('exchanges two look-alikes of one field when nothing else fits', () => {
    const lines = composeMrz('TD3', {
      surname: 'EK',
      givenNames: 'BO',
      documentNumber: 'HB3M7K0RT',
      issuingCountry: 'UTO',
      nationality: 'UTO',
      birthDate: '1974-03-13',
      sex: 'F',
      issueDate: '2020-01-01',
      expiryDate: '2030-03-13',
    })
    expect(repaired('TD3', put(put(lines, 1, 1, '8'), 1, 6, 'O'))).toEqual(lines)
  })

  it('leaves a zone invalid where two repairs are as likely', () => {
    // Either of the two zeros, taken for an O at places of the same weight, would explain the digit.
    const lines = composeMrz('MRV-B', {
      surname: 'EK',
      givenNames: 'BO',
      documentNumber: 'O3709K3RT',
      issuingCountry: 'UTO',
      nationality: 'UTO',
      birthDate: '1974-03-13',
      sex: 'F',
      issueDate: '2020-01-01',
      expiryDate: '2030-03-13',
    })
    const misread = put(lines, 1, 0, '0')
    expect(isValid('MRV-B', misread)).toBe(false)
    expect(repaired('MRV-B', misread)).toEqual(misread)
  })

  it('does not make up for a character that was never a look-alike', () => {
    const misread = put(NUMBERED, 1, 0, 'X')
    expect(isValid('TD3', repaired('TD3', misread))).toBe(false)
  })

  it('prefers what the recogniser had nearly read', () => {
    const misread = put(NUMBERED, 1, 2, 'N')
    const votes = votesFor(misread, { line: 1, position: 2, character: 'M', share: 0.4 })
    expect(repairMrz(readVotes(votes, LAYOUTS.TD3), LAYOUTS.TD3)).toEqual(NUMBERED)
  })

  it('never makes a date that is none', () => {
    const misread = put(NUMBERED, 1, 15, '3')
    const votes = votesFor(misread, { line: 1, position: 16, character: '4', share: 0.45 })
    const [, second = ''] = repairMrz(readVotes(votes, LAYOUTS.TD3), LAYOUTS.TD3)
    expect(Number(second.slice(15, 17)) <= 12 || second.slice(13, 19) === misread[1]?.slice(13, 19)).toBe(true)
  })

  it('mends the digit of the whole when only that was misread', () => {
    const votes = votesFor(put(NUMBERED, 1, 43, NUMBERED[1]?.[43] === '3' ? '8' : '3'), {
      line: 1,
      position: 43,
      character: NUMBERED[1]?.[43] ?? '',
      share: 0.3,
    })
    expect(repairMrz(readVotes(votes, LAYOUTS.TD3), LAYOUTS.TD3)).toEqual(NUMBERED)
  })

  it('never changes a zone whose check digits fit', () => {
    fc.assert(
      fc.property(fc.constantFrom(...FORMATS), arbitraryHolder, (format, holder) => {
        const lines = composeMrz(format, holder)
        expect(isValid(format, lines)).toBe(true)
        expect(repaired(format, lines)).toEqual(lines)
      }),
    )
  })

  it('takes any strings without throwing, and answers lines of the layout', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...FORMATS),
        fc.array(fc.string({ maxLength: 60 }), { maxLength: 4 }),
        (format, junk) => {
          const { lineCount, lineLength } = LAYOUTS[format]
          const lines = repaired(format, junk)
          expect(lines.map(({ length }) => length)).toEqual(Array(lineCount).fill(lineLength))
          expect(lines.join('')).toMatch(/^[A-Z0-9<]*$/)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('reads certain lines as they are, forbidden characters apart', () => {
    expect(likeliestLines(readLines(TD3, LAYOUTS.TD3))).toEqual(TD3)
  })
})
