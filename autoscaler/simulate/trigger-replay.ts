import type { Trigger, TriggerReading } from '../../infra/domain/trigger.ts'
import { judgeTriggers, type TriggersMemory } from '../triggers/judge.ts'
import { TraceInvalidError } from './trace.ts'
import type { TriggerTrace } from './trigger-trace.ts'

/** Triggers, and what their queries said. */
export interface RecordedTriggers {
  readonly triggers: readonly Trigger[]
  readonly trace: TriggerTrace
}

/** How the count stood to what triggers wanted. */
export interface TriggerTally {
  /** of the time: fewer nodes worked than the triggers wanted by their values, 0..100 */
  readonly shortPercent: number
  /** 95th percentile of the nodes that were missing then and at all other times (count) */
  readonly p95MissingCount: number
  /** of the time: at least one of them was unknown, 0..100 */
  readonly unknownPercent: number
}

/** Triggers in one replay. */
export interface ReplayedTriggers {
  /** what the policy hears of at a look @param now epoch ms @param counts is the look past the warm-up? */
  look(now: number, readyCount: number, counts: boolean): readonly TriggerReading[]
  tally(): TriggerTally
}

/** A pool without triggers. */
export const withoutTriggers: ReplayedTriggers = {
  look: () => [],
  tally: () => ({ shortPercent: 0, p95MissingCount: 0, unknownPercent: 0 }),
}

const P95 = 0.95

/**
 * Replays what queries said, by the very files the controller judges them with.
 * @param heard false: the policy hears nothing of them, so that one sees what would have been without
 */
export const replayTriggers = ({ triggers, trace }: RecordedTriggers, heard: boolean): ReplayedTriggers => {
  let memory: TriggersMemory = new Map()
  const missing: number[] = []
  let unknownCount = 0
  return {
    look(now, readyCount, counts) {
      const looks = triggers.map((trigger) => {
        const value = trace.valueAt(trigger.name, now)
        const answer =
          value === undefined
            ? ({ kind: 'none', why: 'no data' } as const)
            : ({ kind: 'value', value, ageMs: 0, warnings: [] } as const)
        return { trigger, answer }
      })
      const judged = judgeTriggers(looks, memory, now)
      memory = judged.memory
      if (counts) {
        const wanted = Math.max(0, ...judged.readings.map((one) => one.wanted ?? 0))
        missing.push(Math.max(0, wanted - readyCount))
        if (judged.readings.some(({ state }) => state === 'unknown')) unknownCount += 1
      }
      return heard ? judged.readings : []
    },
    tally() {
      const percent = (count: number) => (missing.length === 0 ? 0 : (100 * count) / missing.length)
      const sorted = missing.toSorted((a, b) => a - b)
      return {
        shortPercent: percent(missing.filter((count) => count > 0).length),
        p95MissingCount: sorted[Math.ceil(sorted.length * P95) - 1] ?? 0,
        unknownPercent: percent(unknownCount),
      }
    },
  }
}

/**
 * Those triggers of a list that a trace tells of. A trace of one column may call it `value`.
 * @throws TraceInvalidError when one of them is not in the trace, or the trace is of another time
 */
export const recordedTriggers = (
  triggers: readonly Trigger[],
  trace: TriggerTrace,
  span: { readonly from: number; readonly until: number },
): RecordedTriggers => {
  const [only] = trace.names
  if (trace.until <= span.from || trace.from >= span.until)
    throw new TraceInvalidError('the trace of the triggers and the trace of requests have no time in common')
  if (triggers.length === 1 && trace.names.length === 1 && only === 'value')
    return { triggers, trace: { ...trace, valueAt: (_name, at) => trace.valueAt('value', at) } }
  const absent = triggers.find(({ name }) => !trace.names.includes(name))
  if (absent) throw new TraceInvalidError(`the trace of the triggers has no column ${absent.name}`)
  return { triggers, trace }
}
