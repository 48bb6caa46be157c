import { describe, expect, it } from 'vitest'
import type { Glyph } from '../../../../../worker/tasks/ocr/ctc.ts'
import { createPyramid } from '../../../../../worker/tasks/ocr/pyramid.ts'
import { findSpaces } from '../../../../../worker/tasks/ocr/spaces.ts'
import { toText } from '../../../../../worker/tasks/ocr/text.ts'
import { drawn } from './pictures.ts'

/** A line of black blocks, each 20 columns wide at the recogniser's height, beginning at these columns. */
const line = (starts: readonly number[]) => {
  const picture = createPyramid(
    drawn(400, 48, (x, y) => (y > 10 && y < 38 && starts.some((start) => x >= start && x < start + 20) ? 20 : 220)),
  )
  const strip = { left: { x: -0.5, y: 23.5 }, right: { x: 399.5, y: 23.5 }, height: 48 }
  return { picture, strip }
}
const glyphs = (text: string, starts: readonly number[]): Glyph[] =>
  starts.map((start, index) => ({ character: text[index] ?? '', confidence: 0.9, step: (start + 10) / 8 - 0.5 }))

const read = (text: string, starts: readonly number[]): string => {
  const { picture, strip } = line(starts)
  const seen = glyphs(text, starts)
  return toText(seen, findSpaces(picture, strip, 400, seen)).text
}

describe('spaces the recogniser dropped', () => {
  it('are put back where there is no ink for longer than between letters', () => {
    expect(read('12AUG1974', [0, 24, 62, 86, 110, 148, 172, 196, 220])).toBe('12 AUG 1974')
  })

  it('are not seen between letters that merely stand wide', () => {
    const starts = [0, 24, 48, 80, 104]
    const { strip } = line(starts)
    // The wide pair is bridged by a letter's own ink, as that of a T or an L.
    const bridged = createPyramid(
      drawn(400, 48, (x, y) =>
        y > 10 && y < 38 && (starts.some((s) => x >= s && x < s + 20) || (x > 60 && x < 76)) ? 20 : 220,
      ),
    )
    const seen = glyphs('KLMNO', starts)
    expect(toText(seen, findSpaces(bridged, strip, 400, seen)).text).toBe('KLMNO')
  })

  it('are left to the recogniser between small letters', () => {
    expect(read('of issue', [0, 24, 62, 86, 110, 134, 158, 182])).toBe('of issue')
  })

  it('do not arise from a pattern fainter than the print', () => {
    const starts = [0, 24, 62, 86]
    const faint = createPyramid(
      drawn(400, 48, (x, y) => (y > 10 && y < 38 && starts.some((s) => x >= s && x < s + 20) ? 20 : x % 3 ? 220 : 180)),
    )
    const seen = glyphs('ABCD', starts)
    expect(toText(seen, findSpaces(faint, line(starts).strip, 400, seen)).text).toBe('AB CD')
  })
})

describe('text of glyphs', () => {
  it('is as sure as its characters on average, and not at all when there are none', () => {
    const seen = glyphs('AB', [0, 24]).map((glyph, index) => ({ ...glyph, confidence: index === 0 ? 1 : 0.5 }))
    expect(toText(seen, []).confidence).toBe(0.75)
    expect(toText([], [])).toEqual({ text: '', confidence: 0 })
  })
})
