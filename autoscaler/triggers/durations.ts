const SPAN = /^(?:(\d{1,3})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?$/
const UNIT_MS = [86_400_000, 3_600_000, 60_000, 1_000] as const

/** A length of time as PromQL writes it: `90s`, `5m`, `1h30m`; 0 without a unit too. @returns ms; undefined when it is none */
export const parseSpan = (given: unknown): number | undefined => {
  if (given === 0 || given === '0') return 0
  const parts = typeof given === 'string' && given !== '' ? SPAN.exec(given)?.slice(1) : undefined
  return parts?.reduce((sum, part, unit) => sum + Number(part ?? 0) * (UNIT_MS[unit] ?? 0), 0)
}

/** The other way round, in at most two units. */
export const spanInWords = (ms: number): string => {
  if (ms < 2 * 60_000) return `${Math.round(ms / 1_000)} s`
  if (ms < 2 * 3_600_000) return `${Math.round(ms / 60_000)} min`
  return `${Math.round(ms / 3_600_000)} h`
}
