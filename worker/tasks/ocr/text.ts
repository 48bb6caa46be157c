import type { Session } from '../../runtimes/runtime.ts'
import type { Charset } from './charset.ts'
import { decodeCtc, type Glyph } from './ctc.ts'
import type { Pyramid } from './pyramid.ts'
import { type Crop, LINE_HEIGHT_PX, recognise } from './recogniser.ts'
import { findSpaces } from './spaces.ts'
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

/** Read printed text. @returns one text a strip, in order */
export const readTexts = async (
  session: Session,
  pyramid: Pyramid,
  { printed }: Charset,
  strips: readonly Strip[],
): Promise<readonly Text[]> => {
  const texts: Text[] = strips.map(() => ({ text: '', confidence: 0 }))
  const crops = strips.map(wholeStrip)
  await recognise(session, pyramid, crops, (index, reading) => {
    const { strip, columnCount } = crops[index] as Crop
    const glyphs = decodeCtc(reading, printed)
    texts[index] = toText(glyphs, findSpaces(pyramid, strip, columnCount, glyphs))
  })
  return texts
}

const wholeStrip = (strip: Strip): Crop => {
  const natural = Math.round((stripLength(strip) / strip.height) * LINE_HEIGHT_PX)
  return { strip, from: 0, to: 1, columnCount: Math.min(MAX_COLUMNS, Math.max(MIN_COLUMNS, natural)) }
}

/** Join glyphs into text. @param spaces for each glyph, whether a space belongs before it */
export const toText = (glyphs: readonly Glyph[], spaces: readonly boolean[]): Text => {
  const text = glyphs.map(({ character }, index) => (spaces[index] ? ` ${character}` : character)).join('')
  const sum = glyphs.reduce((total, { confidence }) => total + confidence, 0)
  return { text: text.trim(), confidence: glyphs.length === 0 ? 0 : sum / glyphs.length }
}
