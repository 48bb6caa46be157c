import type { CountBounds, Decision, DecisionStep, Override } from '../infra/domain/scaling.ts'
import type { TriggerReading } from '../infra/domain/trigger.ts'
import { damped } from './damping.ts'
import type { ScheduleEffect } from './schedule.ts'
import { triggerDoubts } from './triggers/words.ts'

/** All there is to know of a pool when a decision is due. Counts of nodes. */
export interface Situation {
  readonly pool: string
  /** epoch ms */
  readonly now: number
  /** asked for now: working, booting and not placed yet */
  readonly count: number
  /** what the forecast wants, and whose it is; undefined = there is none */
  readonly forecast: { readonly desired: number; readonly why: string } | undefined
  /** what works the backlog off; 0 = there is none to speak of */
  readonly backstop: number
  readonly schedule: ScheduleEffect
  readonly override: Override | undefined
  readonly bounds: CountBounds
  /** why what was measured cannot be relied on; empty = it can */
  readonly doubts: readonly string[]
  /** nodes among them that people keep from work */
  readonly drained?: number
  /** of the pool's custom triggers; what is unknown of them is among the doubts too */
  readonly triggers?: readonly TriggerReading[]
}

type Move = (count: number) => { readonly count: number; readonly why: string }

const workingOff = (count: number, { backstop, count: present }: Situation): { count: number; why: string } => {
  if (backstop === 0) return { count, why: '' }
  const least = Math.max(backstop, present)
  const why = backstop >= present ? 'works the backlog off within a minute' : 'no node goes while there is a backlog'
  return { count: Math.max(count, least), why }
}

/** Whoever asks for the most is heard; nobody asks for less than the others want. */
const triggered = (count: number, { triggers = [] }: Situation): { count: number; why: string } => {
  const most = triggers.reduce((top, one) => (one.asks > top.asks ? one : top), { asks: 0, why: '' })
  return { count: Math.max(count, most.asks), why: most.why }
}

/** Drained nodes are among those asked for and do nothing: what is wanted must be there without them. */
const beside = (count: number, { drained = 0, forecast, backstop, triggers = [] }: Situation) => {
  const working = Math.max(forecast?.desired ?? 0, backstop, ...triggers.map(({ asks }) => asks))
  const why = `${drained === 1 ? '1 node is' : `${drained} nodes are`} drained and ${drained === 1 ? 'does' : 'do'} no work`
  return { count: drained > 0 && working > 0 ? Math.max(count, working + drained) : count, why }
}

const holding = (count: number, situation: Situation): { count: number; why: string } => ({
  count: Math.max(count, situation.count),
  why: `not going down: ${situation.doubts.join(', ')}`,
})

const scheduled: (effect: ScheduleEffect) => Move =
  ({ floor, ceiling, by }) =>
  (count) => ({
    count: Math.min(ceiling ?? Number.POSITIVE_INFINITY, Math.max(floor ?? 0, count)),
    why: by.join(', '),
  })

const overridden =
  (override: Override, present: number): Move =>
  (count) => {
    const said = override.count ?? present
    const why = `${override.kind}${override.count === null ? '' : ` ${override.count}`} by ${override.actor}: ${override.reason}`
    switch (override.kind) {
      case 'pin':
        return { count: said, why }
      case 'hold':
        return { count: present, why }
      case 'floor':
        return { count: Math.max(count, said), why }
      case 'ceiling':
        return { count: Math.min(count, said), why }
      case 'no-scale-in':
        return { count: Math.max(count, present), why }
    }
  }

const bounded: (bounds: CountBounds) => Move =
  ({ min, max }) =>
  (count) => ({
    count: Math.min(max, Math.max(min, count)),
    why: count > max ? `max ${max}` : `min ${min}`,
  })

/**
 * The way from the forecast to a count. What is later in the list has the last word, and every step that changed anything
 * is kept. What is unknown never takes a node away; a person may.
 */
const follow = (situation: Situation): { readonly count: number; readonly steps: readonly DecisionStep[] } => {
  const { forecast, schedule, override, bounds, doubts } = situation
  const moves: readonly (readonly [DecisionStep['by'], Move])[] = [
    ['forecast', (count) => ({ count: forecast?.desired ?? count, why: forecast?.why ?? 'no forecast yet' })],
    ['backlog', (count) => workingOff(count, situation)],
    ['trigger', (count) => triggered(count, situation)],
    ['drained', (count) => beside(count, situation)],
    [
      'deadband',
      (count) => ({ count: damped(count, situation.count), why: 'not worth the boots it would cost later' }),
    ],
    ...(doubts.length > 0 ? [['unknown', (count: number) => holding(count, situation)] as const] : []),
    ['schedule', scheduled(doubts.length > 0 ? { ...schedule, ceiling: undefined } : schedule)],
    ...(override ? [['override', overridden(override, situation.count)] as const] : []),
    ['bounds', bounded(bounds)],
  ]
  const steps: DecisionStep[] = []
  let count = situation.count
  for (const [by, move] of moves) {
    const before = count
    const moved = move(before)
    count = moved.count
    if (count !== before) steps.push({ by, before, after: count, why: moved.why })
  }
  return { count, steps }
}

/** As if the pool had none: what they do not know holds nothing either. */
const withoutTriggers = (situation: Situation): Situation => {
  const theirs = new Set(triggerDoubts(situation.triggers ?? []))
  return { ...situation, triggers: [], doubts: situation.doubts.filter((doubt) => !theirs.has(doubt)) }
}

const NO_SCHEDULE: ScheduleEffect = { floor: undefined, ceiling: undefined, by: [] }

/**
 * Turn a situation into a decision, with the reasons and what it would have been otherwise. Precedence: override, then
 * schedule, then forecast; the bounds hold for all of them. Pure: same inputs, same answer.
 */
export const decide = (situation: Situation): Decision => {
  const { pool, now, count: from, triggers = [] } = situation
  const { count: to, steps } = follow(situation)
  return {
    pool,
    at: now,
    from,
    to,
    direction: to > from ? 'up' : to < from ? 'down' : 'none',
    steps,
    without: {
      schedule: follow({ ...situation, schedule: NO_SCHEDULE }).count,
      override: follow({ ...situation, override: undefined }).count,
      ...(triggers.length > 0 && { triggers: follow(withoutTriggers(situation)).count }),
    },
  }
}
