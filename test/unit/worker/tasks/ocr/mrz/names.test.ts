import { describe, expect, it } from 'vitest'
import { LAYOUTS } from '../../../../../../worker/tasks/ocr/mrz/layout.ts'
import { endNames } from '../../../../../../worker/tasks/ocr/mrz/names.ts'

const ended = (names: string): string =>
  endNames([`P<UTO${names.padEnd(39, '<')}`, ''], LAYOUTS.TD3)[0]
    ?.slice(5)
    .replace(/<+$/, '') ?? ''

describe('the end of the names', () => {
  it.each([
    ['ERIKSSON<<ANNA<MARIA', 'ERIKSSON<<ANNA<MARIA'],
    ['GARCIA<LOPEZ<<JOSE<LUIS', 'GARCIA<LOPEZ<<JOSE<LUIS'],
    ['ARKFREITH', 'ARKFREITH'],
    ['CITIZEN<<JANE<<<<<<<<<<<<<<<<<<<<<<AAA', 'CITIZEN<<JANE'],
    ['MEULENDIJK<<LOES<ALBERTINE<<SAAAAAA', 'MEULENDIJK<<LOES<ALBERTINE'],
    ['SMITH<<<K<<<C', 'SMITH'],
  ])('of %s is that of %s', (seen, kept) => {
    expect(ended(seen)).toBe(kept)
  })

  it('leaves the other lines alone', () => {
    const lines = ['I<UTO<<<AAA<<<<<<<<<<<<<<<<<<<', '7408122F1204159UTO<<<<<<A<<<<6', 'EK<<BO<<<<<<<<<<<<<<<<<<<<<<<<']
    expect(endNames(lines, LAYOUTS.TD1)).toEqual(lines)
  })
})
