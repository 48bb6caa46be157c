import { type Child, h } from '../dom/element.ts'
import { icon } from '../dom/icon.ts'
import { timeOf } from '../dom/time.ts'
import type { Override } from '../state/resources.ts'

const STATES: Readonly<Record<Override['state'], string>> = {
  holds: 'holds',
  pending: 'waits for a second person',
  over: 'over',
  released: 'released',
}

/** What may be done about one that is shown. */
export interface OverrideActions {
  /** undefined = the key may not */
  readonly onConfirm?: (override: Override) => void
  /** the key of whoever looks: nobody is his own second person */
  readonly key?: string | undefined
  /** with the pool's name before each */
  readonly withPool?: boolean
}

const one = (override: Override, now: number, { onConfirm, key, withPool }: OverrideActions): HTMLElement => {
  const { id, pool, kind, count, actor, reason, createdAt, expiresAt, state, confirmedBy, releasedBy } = override
  return h(
    'li',
    { class: `override is-${state}`, 'data-key': id },
    h(
      'p',
      { class: 'override-says' },
      state === 'pending' && icon('watch'),
      withPool && `${pool}: `,
      h('b', {}, `${kind}${count === null ? '' : ` ${count}`}`),
      ' ',
      h('span', { class: `chip is-${state}` }, STATES[state]),
    ),
    h('p', {}, `“${reason}”`),
    h(
      'p',
      { class: 'quiet' },
      `by ${actor} at `,
      timeOf(createdAt, now),
      state === 'released' ? `, released by ${releasedBy ?? 'somebody'}` : ', until ',
      state !== 'released' && timeOf(expiresAt, now),
      confirmedBy !== null && `, confirmed by ${confirmedBy}`,
    ),
    state === 'pending' && actor === key && h('p', { class: 'quiet' }, 'Somebody else must confirm it.'),
    state === 'pending' &&
      actor !== key &&
      onConfirm &&
      h('button', { type: 'button', onclick: () => onConfirm(override) }, 'Confirm as second person'),
  )
}

/** What people said against the forecast: who, why, until when. */
export const overrideList = (
  overrides: readonly Override[],
  now: number,
  actions: OverrideActions = {},
): readonly Child[] =>
  overrides.length === 0
    ? [h('p', { class: 'quiet' }, 'None. Schedule and forecast decide.')]
    : [h('ul', { class: 'overrides' }, ...overrides.map((override) => one(override, now, actions)))]
