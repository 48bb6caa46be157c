/** What is shown where nothing is known; never a zero. */
export const UNKNOWN = 'unknown'

type Maybe = number | null | undefined
const known = (value: Maybe): value is number => typeof value === 'number' && Number.isFinite(value)

const digits = (value: number, most: number): string =>
  value.toLocaleString('en-GB', { maximumFractionDigits: most, useGrouping: true })

/** A number as precise as its size lets people read it: `0.42`, `8.3`, `1,204`. */
export const amount = (value: number): string => digits(value, Math.abs(value) < 1 ? 2 : Math.abs(value) < 100 ? 1 : 0)

/** `82.4/s` */
export const rate = (perSecond: Maybe): string => (known(perSecond) ? `${amount(perSecond)}/s` : UNKNOWN)

/** `1,204` */
export const count = (value: Maybe): string => (known(value) ? digits(value, 0) : UNKNOWN)

/** `840 ms` or `2.31 s` */
export const duration = (ms: Maybe): string => {
  if (!known(ms)) return UNKNOWN
  if (ms < 10) return `${digits(ms, 1)} ms`
  return ms < 1_000 ? `${digits(ms, 0)} ms` : `${digits(ms / 1_000, ms < 10_000 ? 2 : 1)} s`
}

/** `0.4 %`. @param ratio 0 to 1 */
export const percent = (ratio: Maybe): string => {
  if (!known(ratio)) return UNKNOWN
  const share = ratio * 100
  return `${share > 0 && share < 0.1 ? '< 0.1' : digits(share, share < 10 ? 1 : 0)} %`
}

/** `1 node`, `7 nodes` */
export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`
