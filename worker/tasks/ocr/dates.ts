/** What a date on a document is about: decides which century two digits mean. */
export type DateRole = 'birth' | 'issue' | 'expiry'

/** A day of the calendar; what is not known is absent. */
interface Parts {
  readonly year: number
  readonly month?: number
  readonly day?: number
}

/** Documents are valid for ten years, some for twenty and a few for life: a two-digit expiry is at most this far ahead. */
const MAX_EXPIRY_YEARS = 50

/**
 * The full year of two digits. Births lie in the past, no more than a century ago: 30 is 1930 until 2030 has begun. Issue
 * lies in the past, too. Expiry lies up to 50 years ahead, else in the last century.
 * @param now epoch ms
 * @source ICAO 9303-3, 4.8: two-digit years; the century is left to the reader
 */
export const fullYear = (twoDigits: number, role: DateRole, now: number): number => {
  const thisYear = new Date(now).getUTCFullYear()
  const latest = role === 'expiry' ? thisYear + MAX_EXPIRY_YEARS : thisYear
  const year = latest - (latest % 100) + twoDigits
  return year > latest ? year - 100 : year
}

/**
 * A zone's date (YYMMDD, unknown parts filled) as ISO 8601, with reduced precision where parts are unknown.
 * @returns undefined when it is no date of the calendar
 */
export const mrzDate = (text: string, role: DateRole, now: number): string | undefined => {
  const [, yy, mm, dd] = /^(\d\d)(\d\d|<<)(\d\d|<<)$/.exec(text) ?? []
  if (yy === undefined) return undefined
  const year = fullYear(Number(yy), role, now)
  const month = mm === '<<' ? {} : { month: Number(mm) }
  const parts: Parts = dd === '<<' ? { year, ...month } : { year, ...month, day: Number(dd) }
  const date = format(parts)
  // Born later this year: the year is right, but a hundred years too late.
  return date !== undefined && role === 'birth' && Date.parse(date) > now
    ? format({ ...parts, year: year - 100 })
    : date
}

/** Names of months, at least their first three letters, in the languages of passports. January first. */
const MONTHS = [
  'JAN ENE GEN STY JANV IAN SIJ',
  'FEB FEV FEVR LUT VEL HEL',
  'MAR MARS MRZ MRT MAERZ MAA OZU',
  'APR AVR ABR KWI TRA HUH',
  'MAY MAI MAG MAJ MEI TOU SVI',
  'JUN JUIN GIU CZE KES LIP',
  'JUL JUIL LUG LIP HEI SRP',
  'AUG AOUT AGO SIE ELO KOL',
  'SEP SEPT SET WRZ SYY RUJ',
  'OCT OKT OTT OUT PAZ LOK LIS',
  'NOV LIS MAR STU',
  'DEC DEZ DIC DES GRU JOU PRO',
].map((names) => names.split(' '))

/** Digits that stand for letters in a month's name, and letters that stand for digits in a number. */
const TO_LETTER: Readonly<Record<string, string>> = { 0: 'O', 1: 'I', 5: 'S', 6: 'G', 8: 'B' }
const TO_DIGIT: Readonly<Record<string, string>> = {
  O: '0',
  Q: '0',
  D: '0',
  I: '1',
  L: '1',
  S: '5',
  B: '8',
  G: '6',
  Z: '2',
}
const DIGIT = '[\\dOQDILSBGZ]'
const NUMERIC = new RegExp(
  `(?<!\\w)(${DIGIT}{1,2})[. /,-]+(${DIGIT}{1,2})[. /,-]+(${DIGIT}{4}|${DIGIT}{2})(?!\\w|[. /,]+\\d)`,
)
const YEAR_FIRST = new RegExp(`(?<!\\w)(${DIGIT}{4})[. /-](${DIGIT}{1,2})[. /-](${DIGIT}{1,2})(?!\\w)`)
const NAMED =
  /(?<![A-Z\d])([\dOQIL]{1,2})[. ,/-]*([A-Z01568]{3,9}(?:[ ./-]+[A-Z01568]{3,9})?)[. ,/-]*(\d{4}|\d{2})(?!\d)/

/** A date found in printed text. */
export interface PrintedDate {
  readonly iso: string
  /** the characters it was read from */
  readonly raw: string
}

/**
 * Find a date in printed text: day first as almost everywhere, or year first; months by number or by name in several
 * languages, also two of them as in "12 AUG/AOUT 74"; with or without spaces.
 */
export const findDate = (text: string, role: DateRole, now: number): PrintedDate | undefined => {
  const capitals = text.normalize('NFD').replace(/\p{M}/gu, '').toUpperCase()
  return yearFirst(capitals) ?? numeric(capitals, role, now) ?? named(capitals, role, now)
}

const digits = (text: string): number => Number([...text].map((character) => TO_DIGIT[character] ?? character).join(''))

const yearFirst = (text: string): PrintedDate | undefined => {
  const [raw, year, month, day] = YEAR_FIRST.exec(text) ?? []
  return raw === undefined ? undefined : dated(raw, digits(year ?? ''), digits(month ?? ''), digits(day ?? ''))
}

const numeric = (text: string, role: DateRole, now: number): PrintedDate | undefined => {
  const [raw, first, second, last = ''] = NUMERIC.exec(text) ?? []
  if (raw === undefined || !/\d/.test(raw)) return undefined
  const year = last.length === 4 ? digits(last) : fullYear(digits(last), role, now)
  const [day, month] = [digits(first ?? ''), digits(second ?? '')]
  // Month first is an American habit: taken only where day first is impossible.
  return dated(raw, year, month, day) ?? dated(raw, year, day, month)
}

const named = (text: string, role: DateRole, now: number): PrintedDate | undefined => {
  const [raw, day, name, last = ''] = NAMED.exec(text) ?? []
  if (raw === undefined || name === undefined) return undefined
  const month = monthOf(name)
  const year = last.length === 4 ? digits(last) : fullYear(digits(last), role, now)
  return month === undefined ? undefined : dated(raw, year, month, digits(day ?? ''))
}

/** The month that most of the words agree on; the first where they do not. */
const monthOf = (words: string): number | undefined => {
  const found = words
    .split(/[ ./-]+/)
    .map((word) => [...word].map((character) => TO_LETTER[character] ?? character).join(''))
    .map((word) => MONTHS.flatMap((names, index) => (names.some((name) => word.startsWith(name)) ? [index + 1] : [])))
  const [first = [], second] = found
  return first.find((month) => second?.includes(month)) ?? first[0] ?? second?.[0]
}

const dated = (raw: string, year: number, month: number, day: number): PrintedDate | undefined => {
  const iso = year >= 1900 && year < 2200 ? format({ year, month, day }) : undefined
  return iso === undefined ? undefined : { iso, raw: raw.trim() }
}

const two = (value: number): string => String(value).padStart(2, '0')

const format = ({ year, month, day }: Parts): string | undefined => {
  if (month === undefined) return String(year)
  if (month < 1 || month > 12) return undefined
  if (day === undefined) return `${year}-${two(month)}`
  const exists = day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate()
  return exists ? `${year}-${two(month)}-${two(day)}` : undefined
}
