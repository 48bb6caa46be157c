import type { Glyph } from './ctc.ts'
import type { Pyramid } from './pyramid.ts'
import { COLUMNS_PER_STEP, LINE_HEIGHT_PX } from './recogniser.ts'
import { type Strip, sampleStrip } from './strip.ts'

/** Capitals and digits stand evenly; small letters do not, and the recogniser seldom drops the spaces between them. */
const EVEN = /[A-Z0-9]/
/** Glyphs closer than this many times the usual distance have no space between them, however they look. */
const MIN_STEP_RATIO = 1.15
/** Columns without ink that make a space: so many at least, and so many times what usually parts two glyphs. */
const MIN_BLANK_COLUMNS = 6
const MIN_BLANK_RATIO = 2
/** A pixel this far from the background, of the way to the darkest, is ink. Guilloche is fainter. */
const INK_SHARE = 0.4
/** Print fills about this part of a line's height; above and below there are other lines' feet and heads. */
const TOP_SHARE = 0.12
const BOTTOM_SHARE = 0.88

/**
 * Find spaces that the recogniser dropped: it reads "12AUG1974". Looks at the picture only where two glyphs stand further
 * apart than usual.
 * @param columnCount columns the line was read with
 * @returns for each glyph, whether a space belongs before it
 */
export const findSpaces = (
  pyramid: Pyramid,
  strip: Strip,
  columnCount: number,
  glyphs: readonly Glyph[],
): readonly boolean[] => {
  const pairs = glyphs.map((glyph, index) => {
    const before = glyphs[index - 1]
    const even = before && EVEN.test(before.character) && EVEN.test(glyph.character)
    return even ? { from: before.step, to: glyph.step } : undefined
  })
  const usual = median(pairs.flatMap((pair) => (pair ? [pair.to - pair.from] : [])))
  const wide = pairs.map((pair) => pair !== undefined && pair.to - pair.from >= usual * MIN_STEP_RATIO)
  if (!wide.includes(true)) return wide
  const ink = inkOf(pyramid, strip, columnCount)
  const blanks = pairs.map((pair) => (pair ? longestBlank(ink, column(pair.from), column(pair.to)) : 0))
  const usualBlank = median(blanks.filter((_, index) => pairs[index] !== undefined))
  const least = Math.max(MIN_BLANK_COLUMNS, usualBlank * MIN_BLANK_RATIO)
  return wide.map((candidate, index) => candidate && (blanks[index] as number) >= least)
}

const column = (step: number): number => Math.round((step + 0.5) * COLUMNS_PER_STEP)

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.POSITIVE_INFINITY

/** For each column, whether there is ink in it. */
const inkOf = (pyramid: Pyramid, strip: Strip, columnCount: number): readonly boolean[] => {
  const size = columnCount * LINE_HEIGHT_PX
  const data = new Float32Array(size * 3)
  sampleStrip(
    pyramid,
    strip,
    { data, offset: 0, rowStride: columnCount, channelStride: size },
    columnCount,
    LINE_HEIGHT_PX,
  )
  const first = Math.round(LINE_HEIGHT_PX * TOP_SHARE)
  const last = Math.round(LINE_HEIGHT_PX * BOTTOM_SHARE)
  const grey = data.subarray(size, size * 2)
  const sorted = grey.slice(first * columnCount, last * columnCount).sort()
  const at = (share: number): number => sorted[Math.round((sorted.length - 1) * share)] as number
  const background = at(0.6)
  const darkest = at(0.03)
  const threshold = background + (darkest - background) * INK_SHARE
  return Array.from({ length: columnCount }, (_, x) => {
    for (let y = first; y < last; y += 1) if ((grey[y * columnCount + x] as number) < threshold) return true
    return false
  })
}

const longestBlank = (ink: readonly boolean[], from: number, to: number): number => {
  let longest = 0
  let run = 0
  for (let x = from; x <= to; x += 1) {
    run = ink[x] === false ? run + 1 : 0
    longest = Math.max(longest, run)
  }
  return longest
}
