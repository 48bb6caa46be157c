/** Figures as narrow columns have them: what is unknown is a dash. */

/** `0.42`, `8.3`, `130` a second */
export const rate = (perSecond: number | null): string => {
  if (perSecond === null) return '-'
  if (perSecond === 0) return '0'
  if (perSecond < 9.95) return perSecond.toFixed(perSecond < 0.995 ? 2 : 1)
  return perSecond < 100_000 ? String(Math.round(perSecond)) : `${Math.round(perSecond / 1_000)}k`
}

/** `7`, `12k` */
export const count = (value: number | null): string => {
  if (value === null) return '-'
  return value < 100_000 ? String(Math.round(value)) : `${Math.round(value / 1_000)}k`
}

/** `840ms`, `3.2s`, `25s` */
export const ms = (value: number | null): string => {
  if (value === null) return '-'
  if (value < 999.5) return `${Math.round(value)}ms`
  return value < 9_950 ? `${(value / 1_000).toFixed(1)}s` : `${Math.round(value / 1_000)}s`
}

/** `0s`, `59s`, `12m`, `3h` */
export const span = (value: number): string => {
  const seconds = Math.round(value / 1_000)
  if (seconds < 120) return `${seconds}s`
  return seconds < 7_200 ? `${Math.round(seconds / 60)}m` : `${Math.round(seconds / 3_600)}h`
}

/** `0%`, `0.4%`, `81%` */
export const percent = (ratio: number | null): string => {
  if (ratio === null) return '-'
  const hundredths = ratio * 100
  return hundredths > 0 && hundredths < 9.95 ? `${hundredths.toFixed(1)}%` : `${Math.round(hundredths)}%`
}

/** `20:01:02Z` @param at epoch ms */
export const clock = (at: number): string => `${new Date(at).toISOString().slice(11, 19)}Z`
