import type { Session } from '../../../runtimes/runtime.ts'
import type { Charset } from '../charset.ts'
import type { Pyramid } from '../pyramid.ts'
import { type Strip, stripLength, stripPart } from '../strip.ts'
import { findRhythm } from './grid.ts'
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
/** A zone may be measured this many characters too long or too short. */
const LENGTH_TOLERANCE = 3
/** A zone that lacks this many characters is drawn out before its check digits are believed. */
const MAX_MISSING = 0.9
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

/** One try at reading a zone along some rows. */
interface Attempt {
  readonly rows: readonly Strip[]
  readonly seen: readonly RowSightings[]
  /** measured distance of two characters, pixels */
  readonly pitch: number
  /** the rows are long enough for the format */
  readonly isWhole: boolean
  readonly reading: ZoneReading | undefined
}

/**
 * Read a zone: as it was found; if it is too short or its check digits do not fit, also lengthened, for the detector
 * overlooks fillers; and if they still do not fit, with other crops, too.
 * @returns undefined when it is none of the formats
 */
export const readZone = async (reader: ZoneReader, pyramid: Pyramid, zone: Zone): Promise<ZoneReading | undefined> => {
  const look = (rows: readonly Strip[], pitch: number, how: Look) =>
    readWindows(reader.recogniser, pyramid, reader.charset, rows, pitch, how)
  const attempt = async (rows: readonly Strip[], pitch: number): Promise<Attempt> =>
    interpret(reader, rows, await look(rows, pitch, FIRST_LOOK))

  const expected = zone.rows.length === 3 ? 30 : zone.widthToPitch > WIDE_ZONE ? 44 : 36
  let best = await attempt(zone.rows, stripLength(zone.rows[0] as Strip) / expected)
  if (!isSound(best))
    for (const rows of longerRows(zone.rows, best.pitch, pyramid)) {
      best = better(best, await attempt(rows, best.pitch))
      if (isSound(best)) break
    }
  if (best.reading === undefined || isSound(best)) return accepted(best)
  const seen = [best.seen]
  for (const how of MORE_LOOKS) seen.push(await look(best.rows, best.pitch, how))
  return accepted(better(best, interpret(reader, best.rows, merge(seen))))
}

/** Every check digit fits, and not by chance: the zone is whole and its characters were clear. */
const isSound = ({ reading, isWhole }: Attempt): boolean =>
  isWhole && reading !== undefined && reading.agreement >= SOUND_AGREEMENT && reading.checks.every(({ valid }) => valid)

/** Is this a machine-readable zone at all? A blurred one still has its evidence, an invented one at least clear letters. */
const accepted = ({ reading }: Attempt): ZoneReading | undefined =>
  reading && (reading.agreement >= SOUND_AGREEMENT || reading.evidence >= MIN_EVIDENCE) ? reading : undefined

const better = (a: Attempt, b: Attempt): Attempt =>
  b.reading && (a.reading === undefined || score(b.reading) > score(a.reading)) ? b : a

const score = ({ evidence, agreement }: ZoneReading): number => evidence - DOUBT * (1 - agreement)

const interpret = ({ formats }: ZoneReader, rows: readonly Strip[], seen: readonly RowSightings[]): Attempt => {
  const length = stripLength(rows[0] as Strip)
  const peaks = seen.map((row) => row.peaks)
  const rhythm = findRhythm(peaks, length, MIN_LENGTH, MAX_LENGTH)
  const measured = length / rhythm.pitch
  const count = LENGTHS.find((candidate) => Math.abs(candidate - measured) <= LENGTH_TOLERANCE)
  const fits = count === undefined ? undefined : fitRows(seen, rhythm, length, count)
  const layout = fits && chooseLayout(fits.rows, formats)
  const votes = fits?.rows.map((row) => row.votes) ?? []
  return {
    rows,
    seen,
    pitch: rhythm.pitch,
    isWhole: count !== undefined && measured >= count - MAX_MISSING,
    reading: fits && layout && readingOf(votes, layout, rows.slice(fits.first, fits.first + fits.rows.length)),
  }
}

/** Of the formats with this length of line, the one whose first letter was seen; none if that of another length was. */
const chooseLayout = (rows: readonly RowFit[], formats: readonly MrzFormat[]): MrzLayout | undefined => {
  const votes = rows[0]?.votes ?? []
  const [first] = votes
  const share = ({ firstLetters }: MrzLayout): number =>
    [...firstLetters].reduce((sum, letter) => sum + (first?.[letter.charCodeAt(0) - 65] ?? 0), 0)
  const ranked = Object.values(LAYOUTS).toSorted((a, b) => share(b) - share(a))
  const fitting = ranked.filter(({ lineLength, format }) => lineLength === votes.length && formats.includes(format))
  const [best] = fitting
  const [seen] = ranked
  return best && seen && share(seen) > CLEAR_SHARE && share(best) < share(seen) ? undefined : best
}

/** The rows drawn out to each longer format, as far as the picture goes. */
const longerRows = (
  rows: readonly Strip[],
  pitch: number,
  { width, height }: Pyramid,
): readonly (readonly Strip[])[] => {
  const length = stripLength(rows[0] as Strip)
  const isInside = ({ right: { x, y } }: Strip): boolean =>
    x > -pitch && y > -pitch && x < width + pitch && y < height + pitch
  const counts = LENGTHS.filter((count) => (count === 30) === (rows.length === 3))
  return counts.flatMap((count) => {
    for (let shorter = count; shorter * pitch > length + MAX_MISSING * pitch; shorter -= 1) {
      const longer = rows.map((strip) => stripPart(strip, 0, (shorter * pitch) / length))
      if (longer.every(isInside)) return [longer]
    }
    return []
  })
}

const merge = (looks: readonly (readonly RowSightings[])[]): readonly RowSightings[] =>
  (looks[0] ?? []).map((_, row) => ({
    sightings: looks.flatMap((look) => look[row]?.sightings ?? []),
    peaks: looks.flatMap((look) => look[row]?.peaks ?? []),
  }))
