import type { Session } from '../../../runtimes/runtime.ts'
import type { Charset } from '../charset.ts'
import type { Pyramid } from '../pyramid.ts'
import { type Strip, stripLength, stripPart } from '../strip.ts'
import { findRhythm, type Rhythm } from './grid.ts'
import { LAYOUTS, type MrzFormat, type MrzLayout } from './layout.ts'
import { fitRows, type RowFit } from './rows.ts'
import { type Look, type RowSightings, readWindows } from './windows.ts'
import type { Zone } from './zone.ts'
import { readingOf, type ZoneReading } from './zone-reading.ts'

/** What zones are read with. */
export interface ZoneReader {
  readonly recogniser: Session
  readonly charset: Charset
  /** the formats to look for */
  readonly formats: readonly MrzFormat[]
}

/** Formats differ by their characters a line. */
const LENGTHS = [30, 36, 44] as const
const LONGEST = 44
/** A zone may be measured this many characters too long or too short. */
const LENGTH_TOLERANCE = 3
/** Two rows wider than this many times their distance more likely have 44 characters than 36. */
const WIDE_ZONE = 15.5
/** The pitch lies within these shares of the longest and the shortest format's. */
const MAX_LENGTH = 46
const MIN_LENGTH = 28
/** About the natural width of a character; best of 22 to 46 columns and 0.85 to 1.5 heights, measured on specimens. */
const FIRST_LOOK: Look = { characterColumns: 34, heightRatio: 1.2 }
/** Other crops make other mistakes: all looks together outvote them. */
const MORE_LOOKS: readonly Look[] = [
  { characterColumns: 29, heightRatio: 1 },
  { characterColumns: 40, heightRatio: 1.1 },
]
/** Characters of a clear zone get nearly all votes: specimens measure 0.95 and more, junk that fits by chance 0.85. */
const SOUND_AGREEMENT = 0.85
/** A first letter seen with this share of the votes decides what formats are possible. */
const CLEAR_SHARE = 0.5
/** Votes for other characters count this much against a reading: as one check digit for every fifteenth of them. */
const DOUBT = 15
/** So much evidence makes a machine-readable zone; junk has none. */
const MIN_EVIDENCE = 2.5

/**
 * Read a zone: as it was found; if its check digits do not fit, also lengthened to the longest format, for the detector
 * overlooks fillers; and if they still do not, a second time with other crops.
 * @returns undefined when it is none of the formats
 */
export const readZone = async (reader: ZoneReader, pyramid: Pyramid, zone: Zone): Promise<ZoneReading | undefined> => {
  const look = (rows: readonly Strip[], pitch: number, how: Look) =>
    readWindows(reader.recogniser, pyramid, reader.charset, rows, pitch, how)
  const length = stripLength(zone.rows[0] as Strip)
  const expected = zone.rows.length === 3 ? 30 : zone.widthToPitch > WIDE_ZONE ? 44 : 36
  let { rows } = zone
  let pitch = length / expected
  let seen = await look(rows, pitch, FIRST_LOOK)
  let best = interpret(reader, rows, seen)
  if (best && isSound(best)) return best
  const longer = lengthened(rows, measure(seen, length).pitch, pyramid)
  if (longer) {
    const more = await look(longer.rows, longer.pitch, FIRST_LOOK)
    const reading = interpret(reader, longer.rows, more)
    if (reading && (best === undefined || score(reading) > score(best))) {
      best = reading
      seen = more
      rows = longer.rows
      pitch = longer.pitch
    }
  }
  if (best === undefined || isSound(best)) return accepted(best)
  const again = [seen]
  for (const how of MORE_LOOKS) again.push(await look(rows, pitch, how))
  const reading = interpret(reader, rows, merge(again))
  return accepted(reading && score(reading) > score(best) ? reading : best)
}

/** Every check digit fits, and not by chance: the characters were clear. */
const isSound = ({ checks, agreement: agreed }: ZoneReading): boolean =>
  agreed >= SOUND_AGREEMENT && checks.every(({ valid }) => valid)

/** Is this a machine-readable zone at all? A blurred one still has its evidence, an invented one at least clear letters. */
const accepted = (reading: ZoneReading | undefined): ZoneReading | undefined =>
  reading && (reading.agreement >= SOUND_AGREEMENT || reading.evidence >= MIN_EVIDENCE) ? reading : undefined

/** Which of two readings of one zone is better. */
const score = ({ evidence, agreement: agreed }: ZoneReading): number => evidence - DOUBT * (1 - agreed)

const measure = (rows: readonly RowSightings[], length: number): Rhythm =>
  findRhythm(
    rows.map(({ peaks }) => peaks),
    length,
    MIN_LENGTH,
    MAX_LENGTH,
  )

const interpret = (
  { formats }: ZoneReader,
  strips: readonly Strip[],
  seen: readonly RowSightings[],
): ZoneReading | undefined => {
  const length = stripLength(strips[0] as Strip)
  const rhythm = measure(seen, length)
  const count = LENGTHS.find((candidate) => Math.abs(candidate - length / rhythm.pitch) <= LENGTH_TOLERANCE)
  if (count === undefined) return undefined
  const fits = fitRows(seen, rhythm, length, count)
  if (fits === undefined) return undefined
  const layout = chooseLayout(fits.rows, count, formats)
  if (layout === undefined) return undefined
  const rows = strips.slice(fits.first, fits.first + fits.rows.length)
  return readingOf(
    fits.rows.map(({ votes }) => votes),
    layout,
    rows,
  )
}

/** Of the formats with this length of line, the one whose first letter was seen; none if that of another length was. */
const chooseLayout = (rows: readonly RowFit[], count: number, formats: readonly MrzFormat[]): MrzLayout | undefined => {
  const first = rows[0]?.votes[0]
  const share = ({ firstLetters }: MrzLayout): number =>
    [...firstLetters].reduce((sum, letter) => sum + (first?.[letter.charCodeAt(0) - 65] ?? 0), 0)
  const ranked = Object.values(LAYOUTS).toSorted((a, b) => share(b) - share(a))
  const fitting = ranked.filter(({ lineLength, format }) => lineLength === count && formats.includes(format))
  const [best] = fitting
  const [seen] = ranked
  return best && seen && share(seen) > CLEAR_SHARE && share(best) < share(seen) ? undefined : best
}

/** The rows drawn out to the longest format, as far as the picture goes. */
const lengthened = (
  rows: readonly Strip[],
  pitch: number,
  { width, height }: Pyramid,
): { rows: readonly Strip[]; pitch: number } | undefined => {
  const length = stripLength(rows[0] as Strip)
  const target = rows.length === 3 ? 30 : LONGEST
  const inside = (strip: Strip): boolean => {
    const { x, y } = strip.right
    return x > -pitch && y > -pitch && x < width + pitch && y < height + pitch
  }
  for (let count = target; count * pitch > length + LENGTH_TOLERANCE * pitch; count -= 1) {
    const longer = rows.map((strip) => stripPart(strip, 0, (count * pitch) / length))
    if (longer.every(inside)) return { rows: longer, pitch }
  }
  return undefined
}

const merge = (looks: readonly (readonly RowSightings[])[]): readonly RowSightings[] =>
  (looks[0] ?? []).map((_, row) => ({
    sightings: looks.flatMap((look) => look[row]?.sightings ?? []),
    peaks: looks.flatMap((look) => look[row]?.peaks ?? []),
  }))
