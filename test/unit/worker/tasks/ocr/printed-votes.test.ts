import { describe, expect, it } from 'vitest'
import type { OcrField } from '../../../../../infra/domain/results.ts'
import { LAYOUTS } from '../../../../../worker/tasks/ocr/mrz/layout.ts'
import { readingOf } from '../../../../../worker/tasks/ocr/mrz/zone-reading.ts'
import { hearPrinted } from '../../../../../worker/tasks/ocr/printed-votes.ts'
import { composeMrz } from '../../../../fixtures/documents/holder.ts'
import { votesFor } from './mrz/a-reading.ts'

const LINES = composeMrz('TD3', {
  surname: 'MARTIN',
  givenNames: 'SARAH',
  documentNumber: 'OK4VMZVOU',
  issuingCountry: 'UTO',
  nationality: 'UTO',
  birthDate: '1946-08-15',
  sex: 'F',
  issueDate: '2017-06-03',
  expiryDate: '2033-03-04',
})
const [FIRST = '', SECOND = ''] = LINES
const zone = (lines: readonly string[], ...doubts: Parameters<typeof votesFor>[1][]) =>
  readingOf(votesFor(lines, ...doubts), LAYOUTS.TD3, [])
const line = (text: string, confidence = 0.95) => ({ text, confidence })
const visual = (value: string): OcrField => ({ value, confidence: 0.95, source: 'visual' })

describe('what print says of the zone', () => {
  it('settles look-alikes that the check digits cannot tell apart', () => {
    const misread = zone([FIRST, SECOND.replaceAll('O', '0').replace('UT0', 'UTO')])
    expect(misread.checks.every(({ valid }) => valid)).toBe(true)
    expect(misread.lines).not.toEqual(LINES)
    expect(hearPrinted(misread, {}, [line('OK4VMZVOU')]).lines).toEqual(LINES)
  })

  it('does not outvote a clear zone, nor break a check digit that fits', () => {
    const clear = zone(LINES)
    expect(hearPrinted(clear, {}, [line('OK4VNZVOU')]).lines).toEqual(LINES)
    expect(hearPrinted(clear, {}, [line('0K4VMZVOU')]).lines).toEqual(LINES)
  })

  it('decides a letter of a name on which the zone was divided', () => {
    const divided = zone([FIRST.replace('MARTIN', 'NARTIN'), SECOND], {
      line: 0,
      position: 5,
      character: 'M',
      share: 0.35,
    })
    expect(divided.lines[0]).toContain('NARTIN')
    expect(hearPrinted(divided, {}, [line('MARTIN')]).lines[0]).toBe(FIRST)
  })

  it('finds the filler that was taken for a letter', () => {
    const misread = zone([FIRST.replace('MARTIN<<', 'MARTINK<'), SECOND], {
      line: 0,
      position: 11,
      character: '<',
      share: 0.4,
    })
    expect(hearPrinted(misread, { surname: visual('MARTIN'), givenNames: visual('SARAH') }, []).lines[0]).toBe(FIRST)
  })

  it('is not asked when it is unsure or about something else', () => {
    const divided = zone([FIRST.replace('MARTIN', 'NARTIN'), SECOND], {
      line: 0,
      position: 5,
      character: 'M',
      share: 0.35,
    })
    expect(hearPrinted(divided, {}, [line('MARTIN', 0.4), line('UTOPIA'), line('M')])).toBe(divided)
  })
})
