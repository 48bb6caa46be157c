import type { Console } from '../state/console.ts'
import { OVERRIDE_KINDS, type OverrideKind } from '../state/override-kinds.ts'
import type { Override, OverrideAnswer, Pool } from '../state/resources.ts'
import { dayAndTime } from '../words/instants.ts'
import { plural } from '../words/numbers.ts'
import { DURATIONS, effectLines, type Intended, KINDS, type Situation } from '../words/override-effect.ts'
import { openAction } from './action-dialog.ts'
import { choiceField, countField } from './fields.ts'

const pathOf = (pool: string): string => `pools/${encodeURIComponent(pool)}/overrides`

const poolNow = ({ fleet }: Console, pool: Pool): Pool =>
  fleet.pools.get()?.find(({ name }) => name === pool.name) ?? pool

/** What holds for a pool now, newest first. */
const holding = ({ fleet }: Console, pool: Pool): readonly Override[] => {
  const told = fleet.overrides.get()?.filter((one) => one.pool === pool.name && one.state === 'holds')
  return told ?? (pool.override ? [pool.override] : [])
}

const situationOf = (console: Console, pool: Pool): Situation => {
  const { count, bounds } = poolNow(console, pool)
  return { present: count.asked ?? undefined, bounds, others: holding(console, pool), now: Date.now() }
}

const verbOf = ({ kind, count }: Intended): string => {
  if (kind === 'pin') return `Pin ${plural(count ?? 0, 'node')}`
  if (kind === 'floor') return `Ask for at least ${count}`
  if (kind === 'ceiling') return `Allow at most ${count}`
  return kind === 'hold' ? 'Keep the count' : 'Pause scale-in'
}

const durationOf = (text: string) => DURATIONS.find(({ value }) => value === text) ?? DURATIONS[2]

/** Overrule the forecast for a while. @param kind to begin with */
export const openOverride = (console: Console, pool: Pool, kind: OverrideKind = 'pin'): void => {
  const { bounds, count } = poolNow(console, pool)
  const kinds = OVERRIDE_KINDS.map((value) => ({ value, words: KINDS[value].name }))
  const chosen = choiceField('kind', 'What', kinds, kind)
  const wanted = countField('count', 'Nodes', { ...bounds, value: count.asked ?? bounds.min })
  const length = choiceField('for', 'For', DURATIONS, '2h')
  const intended = (): Intended => {
    const now = chosen.input.value as OverrideKind
    const typed = Number.parseInt(wanted.input.value, 10)
    const number = KINDS[now].needsCount ? (Number.isNaN(typed) ? 0 : typed) : null
    return { kind: now, count: number, durationMs: durationOf(length.input.value).ms }
  }
  const follow = (): void => {
    const { needsCount } = KINDS[intended().kind]
    wanted.element.hidden = !needsCount
    wanted.input.disabled = !needsCount
  }
  chosen.input.addEventListener('input', follow)
  follow()
  openAction({
    title: `Overrule the forecast of ${pool.name}`,
    verb: () => verbOf(intended()),
    fields: [chosen.element, wanted.element, length.element],
    effect: () => effectLines(intended(), situationOf(console, pool)),
    async send(reason) {
      const said = intended()
      const body = {
        kind: said.kind,
        for: length.input.value,
        reason,
        ...(said.count !== null && { count: said.count }),
      }
      return (await console.api.send<OverrideAnswer>('POST', pathOf(pool.name), body)).lines
    },
  })
}

/** Let schedule and forecast decide again. */
export const openRelease = (console: Console, pool: Pool): void => {
  openAction({
    title: `Release the overrides of ${pool.name}`,
    verb: () => 'Release',
    fields: [],
    effect: () => [
      ...holding(console, pool).map(
        ({ kind, count, actor, expiresAt }) =>
          `Ends ${kind}${count === null ? '' : ` ${count}`} by ${actor}, which would hold until ${dayAndTime(Date.parse(expiresAt))}.`,
      ),
      'Overrides of this pool that wait for a second person end too.',
      `Schedule and forecast decide again: the count is ${poolNow(console, pool).count.asked ?? 'unknown'} and may change from the next look on.`,
    ],
    send: async (reason) => (await console.api.send<OverrideAnswer>('DELETE', pathOf(pool.name), { reason })).lines,
  })
}

/** Be the second person. The words that count are those of the first. */
export const openConfirm = (console: Console, pool: Pool, override: Override, onDone: () => void): void => {
  const { id, kind, count, actor, reason, expiresAt, createdAt } = override
  const situation = situationOf(console, pool)
  const durationMs = 86_400_000
  openAction({
    title: `Confirm what ${actor} asked for`,
    verb: () => 'Confirm as second person',
    fields: [],
    isConfirmation: true,
    onDone,
    effect: () => [
      `${actor} asked at ${dayAndTime(Date.parse(createdAt))}: “${reason}”. It waits until ${dayAndTime(Date.parse(expiresAt))}.`,
      ...effectLines({ kind, count, durationMs }, situation).slice(0, 1),
      'It holds for longer than 24 hours, until it ends, is released, or a newer one is said.',
    ],
    send: async () =>
      (await console.api.send<OverrideAnswer>('POST', `overrides/${encodeURIComponent(id)}/confirm`)).lines,
  })
}
