import { describe, expect, it } from 'vitest'
import { MRZ_CHARACTERS } from '../../../../../../worker/tasks/ocr/charset.ts'
import { findRhythm } from '../../../../../../worker/tasks/ocr/mrz/grid.ts'
import { fitRows } from '../../../../../../worker/tasks/ocr/mrz/rows.ts'
import type { RowSightings } from '../../../../../../worker/tasks/ocr/mrz/windows.ts'
import { STANDARD_ZONES } from './zones.ts'

const PITCH = 20

/** What a recogniser sees of a row whose first character has its middle at `start`; `_` is not seen at all. */
const seen = (text: string, start = PITCH / 2): RowSightings => {
  const places = [...text].flatMap((character, k) => (character === '_' ? [] : [{ character, at: start + k * PITCH }]))
  return {
    peaks: places.map(({ at }) => ({ at, weight: 1 })),
    sightings: places.map(({ character, at }) => {
      const scores = new Float32Array(MRZ_CHARACTERS.length)
      scores[MRZ_CHARACTERS.indexOf(character)] = 0.95
      return { at, weight: 1, scores }
    }),
  }
}

const read = (rows: readonly RowSightings[], count: number) => {
  const length = count * PITCH
  const rhythm = findRhythm(
    rows.map(({ peaks }) => peaks),
    length,
    28,
    46,
  )
  const fit = fitRows(rows, rhythm, length, count)
  return {
    first: fit?.first,
    lines: fit?.rows.map(({ votes }) => votes.map((slot) => MRZ_CHARACTERS[slot.indexOf(Math.max(...slot))]).join('')),
  }
}

describe('putting what was seen into lines', () => {
  it('reads each character in its place', () => {
    expect(
      read(
        STANDARD_ZONES.TD3.map((line) => seen(line)),
        44,
      ).lines,
    ).toEqual(STANDARD_ZONES.TD3)
  })

  it('takes what was not seen for fillers', () => {
    const [first = '', second = ''] = STANDARD_ZONES.TD3
    const rows = [seen(first.replaceAll('<<<<', '____')), seen(second)]
    expect(read(rows, 44).lines).toEqual(STANDARD_ZONES.TD3)
  })

  it.each([-1, 1, 2])('moves all rows together when the detector began %d characters off', (by) => {
    const rows = STANDARD_ZONES.TD1.map((line) => seen(line, PITCH / 2 + by * PITCH))
    expect(read(rows, 30).lines).toEqual(STANDARD_ZONES.TD1)
  })

  it('finds two rows of a passport below a line of other print', () => {
    const print: RowSightings = {
      peaks: Array.from({ length: 50 }, (_, k) => ({ at: 7 + k * 17.3 + (k % 4) * 3, weight: 0.9 })),
      sightings: [],
    }
    expect(read([print, ...STANDARD_ZONES.TD3.map((line) => seen(line))], 44)).toEqual({
      first: 1,
      lines: STANDARD_ZONES.TD3,
    })
  })

  it('refuses rows whose characters keep no step', () => {
    const odd: RowSightings = {
      peaks: Array.from({ length: 40 }, (_, k) => ({ at: k * k * 0.61, weight: 1 })),
      sightings: [],
    }
    expect(read([odd, odd], 44).lines).toBeUndefined()
  })

  it('lets the clearer of two sightings win, and distrusts those between characters', () => {
    const row = seen('A'.repeat(30))
    const scores = new Float32Array(MRZ_CHARACTERS.length)
    scores[1] = 0.95
    const between = { ...row, sightings: [...row.sightings, { at: PITCH * 0.5 + PITCH * 0.45, weight: 1, scores }] }
    expect(read([between, row, row], 30).lines?.[0]).toBe('A'.repeat(30))
  })
})
