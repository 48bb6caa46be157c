import type { Session } from '../../runtimes/runtime.ts'
import type { Charset } from './charset.ts'
import { detectText } from './detector.ts'
import { frameAround, wholeFrame } from './frame.ts'
import type { MrzFormat } from './mrz/layout.ts'
import { readZone, type ZoneReader } from './mrz/read-zone.ts'
import { findZones, type Zone } from './mrz/zone.ts'
import type { ZoneReading } from './mrz/zone-reading.ts'
import { type Line, layOutPage, type Page } from './page.ts'
import type { Pyramid } from './pyramid.ts'
import { type Strip, stripLength, stripOf, stripPart } from './strip.ts'
import { readTexts, type Text } from './text.ts'

/** A line of the document, and where it stands. */
export interface DocumentLine extends Text {
  /** read from its left end */
  readonly strip: Strip
}

/** All that was read of a document. */
export interface DocumentText {
  /** printed lines, without those of the machine-readable zone */
  readonly lines: readonly DocumentLine[]
  readonly zone: ZoneReading | undefined
  /** radians; the direction its text is read in */
  readonly angle: number
  /** of the picture, pixels */
  readonly width: number
  readonly height: number
}

/** The models and their alphabet. */
export interface Reader {
  readonly detector: Session
  readonly recogniser: Session
  readonly charset: Charset
}

/** Longer side for the detector: at 736 it joins the rows of some machine-readable zones, at 1280 it takes twice as long. */
const DETECT_SIDE_PX = 960
/** A page further off the level than this is looked at again, straightened. */
const MAX_SKEW = (6 * Math.PI) / 180
/** So is one whose text takes up less than this share of the picture's side. */
const SMALL_PAGE = 0.6
/** Text may have been overlooked this far outside, as a share of the longer side. */
const FRAME_MARGIN = 0.12
/** @see layOutPage */
const UNCLIP_RATIO = 1.5
/** So many lines tell whether the page stands on its head. */
const SAMPLE_COUNT = 6
/** Upright text is read with more confidence than this; upside down it seldom is. */
const UPRIGHT_CONFIDENCE = 0.85
/** Lines longer than this many heights may belong to a machine-readable zone: only their end is read at first. */
const LONG_RATIO = 15
const PROBE_HEIGHTS = 8
/** Real documents have up to 80 lines, and hardly a long one beside the zone's: a page of prose must not take seconds. */
const MAX_LINES = 96
const MAX_LONG_LINES = 12
const MAX_ZONE_ATTEMPTS = 2

/** Read a picture of a document: its lines of text and its machine-readable zone, whichever way round it lies. */
export const readDocument = async (
  reader: Reader,
  pyramid: Pyramid,
  formats: readonly MrzFormat[],
): Promise<DocumentText> => {
  const page = await findPage(reader, pyramid)
  const { angle, texts } = await readUpright(reader, pyramid, page)
  const zoneReader = { ...reader, formats }
  const own = await bestZone(zoneReader, pyramid, findZones(page.lines, angle), page.lines, texts)
  const zone = own?.zone ?? (await crossingZone(zoneReader, pyramid, page))
  const lines = await finishLines(reader, pyramid, page.lines, angle, texts, own?.members)
  return { lines, zone, angle, width: pyramid.width, height: pyramid.height }
}

/** The first of the likeliest zones that can be read. */
const bestZone = async (
  reader: ZoneReader,
  pyramid: Pyramid,
  zones: readonly Zone[],
  lines: readonly Line[],
  texts: readonly Text[],
): Promise<{ readonly zone: ZoneReading; readonly members: ReadonlySet<number> } | undefined> => {
  for (const candidate of rankZones(zones, lines, texts).slice(0, MAX_ZONE_ATTEMPTS)) {
    const zone = await readZone(reader, pyramid, candidate)
    if (zone) return { zone, members: candidate.members }
  }
  return undefined
}

/** The zone of a page that lies across most of the text in the picture, for example beside a page of a booklet. */
const crossingZone = async (
  reader: Reader & ZoneReader,
  pyramid: Pyramid,
  { crossing, angle }: Page,
): Promise<ZoneReading | undefined> => {
  const across = angle + Math.PI / 2
  if (findZones(crossing, across).length === 0) return undefined
  const upright = await readUpright(reader, pyramid, { lines: crossing, crossing: [], angle: across })
  const found = await bestZone(reader, pyramid, findZones(crossing, upright.angle), crossing, upright.texts)
  return found?.zone
}

/** All lines but the zone's, those of which only the end was read now whole; of a page of prose only the longest. */
const finishLines = async (
  { recogniser, charset }: Reader,
  pyramid: Pyramid,
  lines: readonly Line[],
  angle: number,
  texts: readonly Text[],
  members: ReadonlySet<number> = new Set(),
): Promise<readonly DocumentLine[]> => {
  const rest = lines.flatMap((line, index) =>
    members.has(index) ? [] : [{ text: texts[index] as Text, strip: readingStrip(line, angle) }],
  )
  const long = rest.flatMap(({ strip }) => (isLong(strip) ? [strip] : [])).slice(0, MAX_LONG_LINES)
  const whole = await readTexts(recogniser, pyramid, charset, long)
  return rest
    .filter(({ strip }) => !isLong(strip) || long.includes(strip))
    .map(({ text, strip }) => ({ ...(whole[long.indexOf(strip)] ?? text), strip }))
    .filter(({ text }) => text !== '')
}

/**
 * Find the page's lines. A page that lies askew or far away is looked at a second time, straightened and enlarged: the
 * detector splits slanting lines and overlooks small ones.
 */
const findPage = async ({ detector }: Reader, pyramid: Pyramid): Promise<Page> => {
  const picture = wholeFrame(pyramid.width, pyramid.height)
  const regions = await detectText(detector, pyramid, picture, DETECT_SIDE_PX)
  const page = layOutPage(regions, UNCLIP_RATIO)
  if (page.lines.length === 0) return page
  const frame = frameAround(
    regions.flatMap(({ hull }) => hull),
    page.angle,
    FRAME_MARGIN,
    picture,
  )
  const small = Math.max(frame.width, frame.height) < SMALL_PAGE * Math.max(picture.width, picture.height)
  if (Math.abs(page.angle) < MAX_SKEW && !small) return keepLargest(page)
  const again = layOutPage(await detectText(detector, pyramid, frame, DETECT_SIDE_PX), UNCLIP_RATIO)
  return keepLargest(again.lines.length > 0 ? again : page)
}

const keepLargest = (page: Page): Page => ({
  ...page,
  lines: page.lines.toSorted((a, b) => b.rect.width - a.rect.width).slice(0, MAX_LINES),
})

/** A line's strip, read in the direction of `angle` rather than against it. */
const readingStrip = ({ rect }: Line, angle: number): Strip => {
  const against = Math.cos(rect.angle - angle) < 0
  return stripOf(against ? { ...rect, angle: rect.angle + Math.PI } : rect)
}

const isLong = (strip: Strip): boolean => stripLength(strip) > LONG_RATIO * strip.height

/** The end of a long strip, which in a machine-readable zone is fillers or digits; a short one as it is. */
const probe = (strip: Strip): Strip => {
  if (!isLong(strip)) return strip
  return stripPart(strip, 1 - (PROBE_HEIGHTS * strip.height) / stripLength(strip), 1)
}

/** Read all lines, long ones only at their ends, after finding out on a few of them which way is up. */
const readUpright = async (
  { recogniser, charset }: Reader,
  pyramid: Pyramid,
  { lines, angle }: Page,
): Promise<{ angle: number; texts: readonly Text[] }> => {
  const read = (some: readonly Line[], along: number) =>
    readTexts(
      recogniser,
      pyramid,
      charset,
      some.map((line) => probe(readingStrip(line, along))),
    )
  const sample = lines.slice(0, SAMPLE_COUNT)
  const others = lines.slice(SAMPLE_COUNT)
  let first = await read(sample, angle)
  let upright = angle
  if (confidence(first) < UPRIGHT_CONFIDENCE) {
    const turned = await read(sample, angle + Math.PI)
    if (confidence(turned) > confidence(first)) {
      first = turned
      upright = angle + Math.PI
    }
  }
  return { angle: upright, texts: [...first, ...(await read(others, upright))] }
}

const confidence = (texts: readonly Text[]): number => {
  const length = texts.reduce((sum, { text }) => sum + Math.max(1, text.length), 0)
  return texts.reduce((sum, { text, confidence: own }) => sum + own * text.length, 0) / Math.max(1, length)
}

/** Zones that read most like fillers, capitals and digits first; those that read like anything else are left out. */
const rankZones = (zones: readonly Zone[], lines: readonly Line[], texts: readonly Text[]): readonly Zone[] => {
  const score = ({ members }: Zone): number => {
    let sum = 0
    for (const index of members) {
      const { rect } = lines[index] as Line
      sum += likeness((texts[index] as Text).text) * (rect.width / rect.height)
    }
    return sum
  }
  return zones
    .map((zone) => ({ zone, score: score(zone) }))
    .filter((zone) => zone.score > 0)
    .toSorted((a, b) => b.score - a.score)
    .map(({ zone }) => zone)
}

/** From -1 for small letters and spaces over 0.3 for capitals and digits to 1 for fillers. */
const likeness = (text: string): number => {
  const fillers = text.split('<').length - 1
  const capitals = text.replace(/[^A-Z0-9]/g, '').length
  return (fillers + 0.3 * capitals - (text.length - fillers - capitals)) / Math.max(1, text.length)
}
