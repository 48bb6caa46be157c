import type { TopHop } from './facts.ts'
import { count, ms, percent } from './figures.ts'
import type { Line } from './line.ts'

const BAR_WIDTH = 20
/** A hop that takes so much more than usual is worth a look. */
const SLOW_RATIO = 1.5
/** Less than that is noise. */
const MATERIAL_MS = 50

const TITLES = ['HOP', 'COUNT', 'MEAN', 'USUAL', 'P50', 'P95', 'SHARE'] as const
const WIDTHS = [12, 7, 7, 7, 7, 7, 6] as const

const row = (cells: readonly string[]): string =>
  cells.map((cell, index) => (index === 0 ? cell.padEnd(WIDTHS[0]) : ` ${cell.padStart(WIDTHS[index] ?? 0)}`)).join('')

const isSlow = ({ meanMs, usualMs }: TopHop): boolean =>
  usualMs !== null && meanMs > usualMs * SLOW_RATIO && meanMs - usualMs > MATERIAL_MS

/** Where the time of a pool's jobs goes, hop by hop in their order. @param most rows */
export const hopTable = (hops: readonly TopHop[], most: number): readonly Line[] => {
  if (hops.length === 0) return [[{ text: '  no job went through it in the last five minutes', style: 'dim' }]]
  return [
    [{ text: `  ${row(TITLES)}`, style: 'dim' }],
    ...hops.slice(0, most).map((one): Line => {
      const { hop, count: jobs, meanMs, usualMs, p50Ms, p95Ms, share } = one
      const text = `  ${row([hop, count(jobs), ms(meanMs), ms(usualMs), ms(p50Ms), ms(p95Ms), percent(share)])}`
      const bar = '#'.repeat(Math.round(share * BAR_WIDTH))
      return [{ text, ...(isSlow(one) && { style: 'bad' as const }) }, { text: `  ${bar}` }]
    }),
  ]
}
