import type { Verdict } from '../infra/domain/bottleneck.ts'
import { verdictLine } from '../infra/domain/bottleneck-words.ts'
import type { Logger } from '../infra/ports/logger.ts'
import type { Metrics } from '../infra/ports/metrics.ts'
import type { Notifier } from '../infra/ports/notifier.ts'
import { type Repeated, repeat } from '../infra/runtime/repeat.ts'
import { Alarms } from './alarms.ts'
import type { JudgePool } from './bottlenecks.ts'

export interface WatchBottlenecksDeps {
  readonly judge: JudgePool
  readonly notifier: Notifier
  readonly metrics: Pick<Metrics, 'gaugeTable'>
  readonly log: Logger
}

/** Often enough to be told of an incident in its first minutes. */
const EVERY_MS = 30_000
/** Looks in a row until people hear of it: a deployment is seen for as long as the last minutes that are looked at. */
const LOOKS = 6

/** Does it hurt callers, and is it known well enough to wake somebody? */
const isAlarming = (verdict: Verdict): boolean =>
  verdict.kind === 'bottleneck' && verdict.missed && verdict.confidence !== 'low'

/**
 * Judge all pools again and again while this process leads: a gauge for whoever collects metrics, and a word to people when callers
 * wait too long because of it.
 */
export const watchBottlenecks = (
  { judge, notifier, metrics, log }: WatchBottlenecksDeps,
  {
    pools,
    leads,
    everyMs = EVERY_MS,
  }: { readonly pools: readonly string[]; readonly leads: () => boolean; readonly everyMs?: number },
): Repeated & { round(): Promise<void> } => {
  const alarms = new Alarms(notifier)
  const named = new Map<string, string>()
  metrics.gaugeTable(
    'muster_autoscaler_bottleneck',
    'The hop that holds a pool’s jobs up; a pool without one is missing',
    ['pool', 'hop'],
    () => (leads() ? [...named].map(([pool, hop]) => [[pool, hop], 1] as const) : []),
  )

  const lookAt = async (pool: string): Promise<void> => {
    const { until, verdict } = await judge(pool)
    if (verdict.kind === 'bottleneck') named.set(pool, verdict.hop)
    else named.delete(pool)
    if (isAlarming(verdict)) alarms.raise('bottleneck', pool, until, [`${pool}: ${verdictLine(verdict, pool)}`], LOOKS)
    // What is not known is no recovery.
    else if (verdict.kind !== 'unknown')
      alarms.clear('bottleneck', pool, until, `${pool}: callers are answered in time again`)
  }

  const round = async (): Promise<void> => {
    if (!leads()) return named.clear()
    try {
      for (const pool of pools) await lookAt(pool)
    } catch (error) {
      // What was so is not what is so.
      named.clear()
      throw error
    }
  }
  return { ...repeat('bottlenecks', everyMs, log, round), round }
}
