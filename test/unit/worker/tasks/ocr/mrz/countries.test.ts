import { describe, expect, it } from 'vitest'
import { isCountry, knownCountries } from '../../../../../../worker/tasks/ocr/mrz/countries.ts'
import { LAYOUTS } from '../../../../../../worker/tasks/ocr/mrz/layout.ts'
import { likeliestLines, readVotes } from '../../../../../../worker/tasks/ocr/mrz/reading.ts'
import { votesFor } from './a-reading.ts'
import { STANDARD_ZONES } from './zones.ts'

const [FIRST = '', SECOND = ''] = STANDARD_ZONES.TD3
const mended = (lines: readonly string[], ...doubts: Parameters<typeof votesFor>[1][]) => {
  const reading = readVotes(votesFor(lines, ...doubts), LAYOUTS.TD3)
  return knownCountries(likeliestLines(reading), reading, LAYOUTS.TD3)
}

describe('country codes', () => {
  it.each(['UTO', 'GBR', 'D<<', 'D', 'XXA', 'UNO', 'EUE'])('%s is one', (code) => {
    expect(isCountry(code)).toBe(true)
  })

  it.each(['OTO', '<<<', '', 'ZZZ', 'DE<'])('%j is none', (code) => {
    expect(isCountry(code)).toBe(false)
  })

  it('become the likeliest known one', () => {
    const lines = [FIRST, SECOND.replace('UTO', 'OTO')]
    expect(mended(lines, { line: 1, position: 10, character: 'U', share: 0.2 })).toEqual([FIRST, SECOND])
  })

  it('become the other country of the zone rather than a third', () => {
    const lines = [FIRST.replace('UTO', 'FRA'), SECOND.replace('UTO', 'FPA')]
    const doubts = [
      { line: 1, position: 11, character: 'R', share: 0.1 },
      { line: 1, position: 10, character: 'S', share: 0.2 },
    ]
    expect(mended(lines, ...doubts)[1]?.slice(10, 13)).toBe('FRA')
  })

  it('stay as they are when nothing known is near', () => {
    const lines = [FIRST, SECOND.replace('UTO', 'QQQ')]
    expect(mended(lines)).toEqual(lines)
  })
})
