const LOCALE = 'en-GB'
const format = (options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat(LOCALE, { hourCycle: 'h23', ...options })

const CLOCK = format({ hour: '2-digit', minute: '2-digit' })
const SECONDS = format({ hour: '2-digit', minute: '2-digit', second: '2-digit' })
const DAY = format({ day: 'numeric', month: 'short' })
const WEEKDAY = format({ weekday: 'short', day: 'numeric', month: 'short' })

/** The zone in which the page shows times: the reader's own. */
export const zoneName = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone

/** `14:05`, or `14:05:30`. @param ms epoch ms, as everywhere here */
export const time = (ms: number, seconds = false): string => (seconds ? SECONDS : CLOCK).format(ms)

/** `21 Nov` */
export const day = (ms: number): string => DAY.format(ms)

/** `Sat 21 Nov` */
export const weekday = (ms: number): string => WEEKDAY.format(ms).replace(',', '')

/** `21 Nov 14:05` */
export const dayAndTime = (ms: number): string => `${day(ms)} ${time(ms)}`

/** `2026-11-21 14:05:30 UTC`, for whoever compares with a log. */
export const utc = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY_MS = 24 * HOUR

/** A length of time in the largest unit that tells it well: `45 s`, `12 min`, `3.5 h`, `2 d`. */
export const span = (ms: number): string => {
  const length = Math.max(0, ms)
  if (length < SECOND) return `${Math.round(length)} ms`
  if (length < 90 * SECOND) return `${Math.round(length / SECOND)} s`
  if (length < 90 * MINUTE) return `${Math.round(length / MINUTE)} min`
  if (length < 36 * HOUR) return `${Number((length / HOUR).toFixed(1))} h`
  return `${Number((length / DAY_MS).toFixed(1))} d`
}

/** `12 s ago`. */
export const ago = (ms: number, now: number): string => (now - ms < SECOND ? 'just now' : `${span(now - ms)} ago`)
