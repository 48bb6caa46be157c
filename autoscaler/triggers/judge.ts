import type { Trigger, TriggerReading } from '../../infra/domain/trigger.ts'
import type { TriggerAnswer, TriggerLook } from './trigger-look.ts'
import { whyOf } from './words.ts'

interface Sample {
  readonly at: number
  readonly count: number
}

/** What the looks at one trigger remember of each other. Instants are epoch ms. */
export interface TriggerMemory {
  /** since when it has wanted so many or more: counts rise, oldest first */
  readonly wants: readonly Sample[]
  /** what held for long enough, for the most of a while: counts fall, oldest first */
  readonly held: readonly Sample[]
  /** what it asked for at the last look */
  readonly asks: number
  readonly query: string
  readonly known: { readonly value: number; readonly at: number } | undefined
  readonly unknownSince: number | undefined
}

/** Of all the triggers of a pool, by name. */
export type TriggersMemory = ReadonlyMap<string, TriggerMemory>

/** So far the sum of shares may be off by the way numbers are kept. */
const ROUNDING = 1e-9

/** Nodes by the value alone (count). */
export const wantedBy = (value: number, { targetPerNode, activation, maxNodes }: Trigger): number => {
  if (value <= activation) return 0
  const count = Math.max(value > 0 ? 1 : 0, Math.ceil((value / targetPerNode) * (1 - ROUNDING)))
  return Math.min(count, maxNodes ?? Number.MAX_SAFE_INTEGER)
}

/** From ever on as it was: a gap, or another leader, begins no wait anew for what was asked for already. */
const steady = (asks: number, at: number): Pick<TriggerMemory, 'wants' | 'held' | 'asks'> => ({
  wants: [{ at: Number.NEGATIVE_INFINITY, count: asks }],
  held: [{ at, count: asks }],
  asks,
})

const BLANK: TriggerMemory = {
  ...{ wants: [{ at: Number.NEGATIVE_INFINITY, count: 0 }], held: [], asks: 0, query: '' },
  ...{ known: undefined, unknownSince: undefined },
}

/** What another leader knew, from the last decision that is kept. @param at epoch ms of that decision */
export const rememberTriggers = (readings: readonly TriggerReading[], at: number): TriggersMemory =>
  new Map(
    readings.map(({ name, query, value, ageMs, asks, unknownSince }) => {
      const known = value === undefined || ageMs === undefined ? undefined : { value, at: at - ageMs }
      return [name, { ...steady(asks, at), query, known, unknownSince }] as const
    }),
  )

/** The first of them is what was wanted all through the last `forMs`. */
const lasting = (wants: readonly Sample[], now: number, forMs: number): readonly Sample[] => {
  const start = wants.findLastIndex(({ at }) => at <= now - forMs)
  return wants.slice(Math.max(0, start))
}

const judgeWanted = (trigger: Trigger, memory: Pick<TriggerMemory, 'wants' | 'held'>, wanted: number, at: number) => {
  // It has wanted so many, or more, since the first that is not lower.
  const since = memory.wants.find(({ count }) => count >= wanted)?.at ?? at
  const lower = memory.wants.filter(({ count }) => count < wanted)
  const wants = lasting([...lower, { at: since, count: wanted }], at, trigger.forMs)
  const least = wants[0]?.count ?? wanted
  const recent = memory.held.filter((one) => one.count > least && one.at > at - trigger.keepForMs)
  const held = [...recent, { at, count: least }]
  const asks = Math.min(held[0]?.count ?? least, trigger.maxNodes ?? Number.MAX_SAFE_INTEGER)
  return { wants, held, asks }
}

/**
 * What it asked for last is the least it asks for; what a part of the truth wants may raise that.
 * @param floor what it goes on asking for @param least the value is no less; undefined = nothing is known of it
 */
const judgeUnknown = (
  trigger: Trigger,
  { wants }: TriggerMemory,
  { floor, least, at }: { readonly floor: number; readonly least: number | undefined; readonly at: number },
) => {
  const held = steady(floor, at)
  if (least === undefined) return held
  const memory = { ...held, wants: [...held.wants, ...wants.filter(({ count }) => count > floor)] }
  return judgeWanted(trigger, memory, Math.max(floor, wantedBy(least, trigger)), at)
}

const stateOf = (asks: number, wanted: number | undefined): TriggerReading['state'] => {
  if (wanted === undefined) return 'unknown'
  if (asks > 0) return 'asks'
  return wanted > 0 ? 'pending' : 'quiet'
}

/** How long a value that was known once may be told of, while nothing newer is. */
const knownBy = (
  answer: TriggerAnswer,
  before: TriggerMemory,
  { query }: Trigger,
  at: number,
): TriggerMemory['known'] => {
  if (answer.kind === 'value' && answer.warnings.length === 0) return { value: answer.value, at: at - answer.ageMs }
  return before.query === query ? before.known : undefined
}

/** The value is no less than this, where that is all that is known. */
const leastBy = (answer: TriggerAnswer, { staleAfterMs }: Trigger): number | undefined =>
  answer.kind === 'value' && answer.warnings.length > 0 && answer.ageMs <= staleAfterMs ? answer.value : undefined

const judgeOne = (
  { trigger, answer }: TriggerLook,
  before: TriggerMemory,
  at: number,
): { readonly reading: TriggerReading; readonly memory: TriggerMemory } => {
  const { name, query, targetPerNode, staleAfterMs, letGoAfterMs } = trigger
  const known = knownBy(answer, before, trigger, at)
  const ageMs = known && Math.max(0, at - known.at)
  const isFresh = ageMs !== undefined && ageMs <= staleAfterMs
  const unknownSince = isFresh ? undefined : (before.unknownSince ?? at)
  const letGo = unknownSince !== undefined && letGoAfterMs !== undefined && at - unknownSince >= letGoAfterMs
  const least = leastBy(answer, trigger)
  const value = known && (isFresh ? Math.max(known.value, least ?? known.value) : known.value)
  const wanted = value !== undefined && isFresh ? wantedBy(value, trigger) : undefined
  const floor = letGo ? 0 : Math.min(before.asks, trigger.maxNodes ?? Number.MAX_SAFE_INTEGER)
  const memory =
    wanted === undefined
      ? judgeUnknown(trigger, before, { floor, least, at })
      : judgeWanted(trigger, before, wanted, at)
  const { asks } = memory
  const facts = { name, query, targetPerNode, value, ageMs, wanted, asks, unknownSince }
  const judged = { ...facts, state: stateOf(asks, wanted), ...(letGo && { letGo }) }
  return {
    reading: { ...judged, why: whyOf(judged, trigger, answer, at) },
    memory: { ...memory, query, known, unknownSince },
  }
}

/**
 * What the answers of one look say, by the rules of each trigger: a value counts when it has held for long enough, what it
 * asked for is kept for a while, and what is unknown, or known in part, goes on asking for what it asked for last. Pure.
 * @param memory of the look before; a trigger that is not in it is new
 * @param at epoch ms
 */
export const judgeTriggers = (
  looks: readonly TriggerLook[],
  memory: TriggersMemory,
  at: number,
): { readonly readings: readonly TriggerReading[]; readonly memory: TriggersMemory } => {
  const judged = looks.map((look) => judgeOne(look, memory.get(look.trigger.name) ?? BLANK, at))
  return {
    readings: judged.map(({ reading }) => reading),
    memory: new Map(judged.map((one) => [one.reading.name, one.memory])),
  }
}
