const PERIOD = /^(\d{1,5})(d|h|m)$/
const UNIT_MS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000 }

/** A length of time as people type it: `30d`, `24h`, `15m`. @returns ms; undefined when it is none */
export const parsePeriod = (text: string): number | undefined => {
  const [, count, unit = ''] = PERIOD.exec(text) ?? []
  return count === undefined ? undefined : Number(count) * (UNIT_MS[unit] ?? 0)
}

/** The other way round, in the largest unit that leaves nothing over; else in milliseconds. */
export const formatPeriod = (ms: number): string => {
  const unit = Object.entries(UNIT_MS).find(([, size]) => ms >= size && ms % size === 0)
  return unit ? `${ms / unit[1]}${unit[0]}` : `${ms} ms`
}
