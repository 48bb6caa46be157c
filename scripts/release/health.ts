import { OUTCOMES } from '../../infra/domain/outcomes.ts'
import { PROBLEMS } from '../../infra/http/problem.ts'

/** Numbers of a process that only ever grow, by series. */
export type Counts = ReadonlyMap<string, number>

/** How the fleet served for a while. */
export interface Health {
  /** requests and jobs that came to an end */
  readonly endedCount: number
  /** of them by a fault of ours, 0..1 */
  readonly errorRatio: number
  /** seconds, by hop: how long the slowest twentieth took at least */
  readonly p95: Readonly<Record<string, number>>
}

const SERIES =
  /^(muster_(?:jobs_submitted_total|jobs_refused_total|jobs_finished_total|hop_duration_seconds_bucket))\{([^}]*)\} (\S+)$/
/** Where a job waits or is worked on: what a release may make slower. */
const HOPS: ReadonlySet<string> = new Set(['queue', 'infer'])

const labelOf = (labels: string, name: string): string => new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1] ?? ''

/** What of a process's metrics tells how it serves. @param text as Prometheus reads it */
export const readCounts = (text: string): Counts => {
  const counts = new Map<string, number>()
  for (const line of text.split('\n')) {
    const [, name = '', labels = '', value] = SERIES.exec(line) ?? []
    if (value === undefined) continue
    const hop = labelOf(labels, 'hop')
    if (hop !== '' && !HOPS.has(hop)) continue
    const key = hop === '' ? `${name} ${labelOf(labels, 'reason')}` : `${hop} ${labelOf(labels, 'le')}`
    counts.set(key, (counts.get(key) ?? 0) + Number(value))
  }
  return counts
}

/** What was counted between two looks, by process. One that came or began anew meanwhile counted all it has. */
export const between = (before: ReadonlyMap<string, Counts>, now: ReadonlyMap<string, Counts>): Counts => {
  const sum = new Map<string, number>()
  for (const [address, counts] of now) {
    const earlier = before.get(address)
    const restarted = earlier && [...earlier].some(([key, value]) => (counts.get(key) ?? 0) < value)
    for (const [key, value] of counts) {
      const grown = restarted ? value : value - (earlier?.get(key) ?? 0)
      sum.set(key, (sum.get(key) ?? 0) + grown)
    }
  }
  return sum
}

/** Codes that mean: the fault is ours. */
const isOurs = (reason: string): boolean => {
  if (reason === 'expired' || reason === 'failed') return true
  const outcome = (OUTCOMES as Readonly<Record<string, { readonly fault: string }>>)[reason]
  if (outcome) return outcome.fault === 'service'
  const problem = (PROBLEMS as Readonly<Record<string, { readonly status: number }>>)[reason.toUpperCase()]
  return problem !== undefined && problem.status >= 500
}

/** @returns undefined when nothing was observed; what is beyond the last bucket counts as that one */
const quantile = (counts: Counts, hop: string, share: number): number | undefined => {
  const buckets = [...counts]
    .filter(([key]) => key.startsWith(`${hop} `) && !key.endsWith('+Inf'))
    .map(([key, count]) => ({ le: Number(key.split(' ')[1]), count }))
    .sort((a, b) => a.le - b.le)
  const total = counts.get(`${hop} +Inf`) ?? 0
  return total === 0 ? undefined : (buckets.find(({ count }) => count >= share * total) ?? buckets.at(-1))?.le
}

/** Sum up what was counted. */
export const healthOf = (counts: Counts): Health => {
  let endedCount = 0
  let ours = 0
  for (const [key, value] of counts) {
    const [name = '', reason = ''] = key.split(' ')
    if (!/^muster_jobs_(refused|finished)_total$/.test(name)) continue
    endedCount += value
    if (isOurs(reason)) ours += value
  }
  const p95 = [...HOPS].flatMap((hop) => {
    const seconds = quantile(counts, hop, 0.95)
    return seconds === undefined ? [] : [[hop, seconds] as const]
  })
  return { endedCount, errorRatio: endedCount === 0 ? 0 : ours / endedCount, p95: Object.fromEntries(p95) }
}

/** What a release may cost while it rolls. */
export interface Limits {
  /** more errors of ours than before, as a share of all */
  readonly moreErrorsRatio: number
  /** times as long as before */
  readonly slowerRatio: number
  /** and at least this much longer, in seconds: steps of a histogram are coarse */
  readonly slowerSeconds: number
  /** fewer than these tell nothing */
  readonly leastCount: number
}

export const LIMITS: Limits = { moreErrorsRatio: 0.01, slowerRatio: 2, slowerSeconds: 0.5, leastCount: 20 }

/** What is worse than before; none: nothing, or too little was seen to tell. Pure. */
export const worseThan = (before: Health, now: Health, limits: Limits = LIMITS): readonly string[] => {
  if (now.endedCount < limits.leastCount) return []
  const errors = now.errorRatio > before.errorRatio + limits.moreErrorsRatio
  const percent = (ratio: number) => `${(ratio * 100).toFixed(1)} %`
  const slower = Object.entries(now.p95).flatMap(([hop, seconds]) => {
    const was = before.p95[hop]
    const worse = was !== undefined && seconds > was * limits.slowerRatio && seconds >= was + limits.slowerSeconds
    return worse ? [`p95 of ${hop} is ${seconds} s, was ${was} s`] : []
  })
  return [
    ...(errors ? [`${percent(now.errorRatio)} end by a fault of ours, were ${percent(before.errorRatio)}`] : []),
    ...slower,
  ]
}
