import type { Session } from '../../runtimes/runtime.ts'
import type { Charset } from './charset.ts'
import { decodeCtc, type Glyph } from './ctc.ts'
import type { Pyramid } from './pyramid.ts'
import { type Crop, LINE_HEIGHT_PX, recognise } from './recogniser.ts'
import { type Strip, stripLength } from './strip.ts'

/** What a strip says. */
export interface Text {
  readonly text: string
  /** mean of its characters', 0..1; 0 for no text */
  readonly confidence: number
}

/** Widest line the recogniser is asked to take in at once, pixels at its height. */
const MAX_COLUMNS = 1280
const MIN_COLUMNS = 24
/** The recogniser drops spaces in capitals: a gap this many times the usual one is a space. Measured on dates and names. */
const SPACE_GAP_RATIO = 1.5
/** Capitals and digits are of like width; small letters are not, and their spaces are seldom dropped. */
const WIDE = /[A-Z0-9]/

/** Read printed text. @returns one text a strip, in order */
export const readTexts = async (
  session: Session,
  pyramid: Pyramid,
  { printed }: Charset,
  strips: readonly Strip[],
): Promise<readonly Text[]> => {
  const texts: Text[] = strips.map(() => ({ text: '', confidence: 0 }))
  await recognise(session, pyramid, strips.map(wholeStrip), (index, reading) => {
    texts[index] = toText(decodeCtc(reading, printed))
  })
  return texts
}

const wholeStrip = (strip: Strip): Crop => {
  const natural = Math.round((stripLength(strip) / strip.height) * LINE_HEIGHT_PX)
  return { strip, from: 0, to: 1, columnCount: Math.min(MAX_COLUMNS, Math.max(MIN_COLUMNS, natural)) }
}

/** Join glyphs into text, with the spaces that their distances tell of. */
export const toText = (glyphs: readonly Glyph[]): Text => {
  const gaps = pairs(glyphs).flatMap(([a, b]) => (isWide(a) && isWide(b) ? [b.step - a.step] : []))
  const usual = gaps.toSorted((a, b) => a - b)[gaps.length >> 1] ?? Number.POSITIVE_INFINITY
  let text = glyphs[0]?.character ?? ''
  for (const [a, b] of pairs(glyphs)) {
    if (isWide(a) && isWide(b) && b.step - a.step >= usual * SPACE_GAP_RATIO) text += ' '
    text += b.character
  }
  const confidence = glyphs.length === 0 ? 0 : glyphs.reduce((sum, glyph) => sum + glyph.confidence, 0) / glyphs.length
  return { text: text.trim(), confidence }
}

const isWide = ({ character }: Glyph): boolean => WIDE.test(character)

const pairs = (glyphs: readonly Glyph[]): readonly (readonly [Glyph, Glyph])[] =>
  glyphs.slice(1).map((glyph, index) => [glyphs[index] as Glyph, glyph])
