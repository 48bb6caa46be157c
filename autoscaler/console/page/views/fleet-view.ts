import { type Child, h } from '../dom/element.ts'
import { icon } from '../dom/icon.ts'
import { live } from '../dom/live.ts'
import { costPanel } from '../panels/cost.ts'
import { findBox } from '../panels/find-box.ts'
import { overrideList } from '../panels/override-list.ts'
import { panel } from '../panels/panel.ts'
import { poolCard } from '../panels/pool-card.ts'
import { schedulePanel } from '../panels/schedule.ts'
import { triggerPanel } from '../panels/triggers.ts'
import type { Console, View } from '../state/console.ts'
import type { Life } from '../state/life.ts'
import { attentionOf, isAllTold } from '../words/attention.ts'
import { isFound } from '../words/find.ts'

/** So many pools are seen at a glance. */
const FEW_POOLS = 9

const attentionPanel = ({ fleet, now }: Console, life: Life): HTMLElement => {
  const part = live('div', { class: 'panel-body' }, () => {
    const { pools, overrides, nodes, deadLetterCount, driftAlarms, unread } = fleet
    const facts = {
      ...{ pools: pools.get(), overrides: overrides.get(), nodes: nodes.get() },
      ...{ deadLetterCount: deadLetterCount.get(), driftAlarms: driftAlarms.get(), unread: unread.get() },
    }
    const found = attentionOf(facts, now.get())
    if (found.length === 0 && !isAllTold(facts)) return [h('p', { class: 'quiet' }, 'Loading…')]
    if (found.length === 0) return [h('p', { class: 'all-well' }, icon('well'), 'Nothing needs you.')]
    return [
      h(
        'ul',
        { class: 'attention' },
        ...found.map(({ level, text, href }) =>
          h('li', { class: `is-${level}` }, icon(level, level), h('a', { href }, text)),
        ),
      ),
    ]
  })
  const { pools, overrides, nodes, deadLetterCount, driftAlarms, unread } = fleet
  for (const one of [pools, overrides, nodes, deadLetterCount, driftAlarms, unread]) life.onEnd(one.watch(part.refresh))
  return panel('attention', 'Needs attention', [], part.element)
}

const overridesPanel = ({ fleet, now }: Console, life: Life): HTMLElement => {
  const part = live('div', { class: 'panel-body' }, () =>
    fleet.overrides.get() === undefined
      ? [h('p', { class: 'quiet' }, 'Loading…')]
      : overrideList(fleet.overrides.get() ?? [], now.get(), { withPool: true }),
  )
  life.onEnd(fleet.overrides.watch(part.refresh))
  return panel('overrides', 'Overrides in force', [], part.element)
}

const poolCards = (console: Console, life: Life, names: readonly string[]): readonly Child[] => {
  const cards = names.map((name) => ({ name, element: poolCard(console, life, name) }))
  const find = findBox('find-pool', 'Find a pool', (wanted) => {
    for (const { name, element } of cards) element.hidden = !isFound(wanted, name)
  })
  if (names.length === 0) return [h('p', { class: 'quiet' }, 'This installation has no pools.')]
  return [
    names.length > FEW_POOLS && find,
    h('section', { class: 'cards', 'aria-label': 'Pools' }, ...cards.map(({ element }) => element)),
  ]
}

/** All pools at a glance, and what needs a person. */
export const fleetView = (console: Console, life: Life): View => {
  const names = console.signedIn.session.get()?.pools ?? []
  const element = h(
    'div',
    { class: 'view' },
    h('h1', { tabindex: -1 }, 'Fleet'),
    attentionPanel(console, life),
    ...poolCards(console, life, names),
    h('div', { class: 'columns' }, overridesPanel(console, life), costPanel(console, life)),
    names.length > 0 && schedulePanel(console, life, names),
    triggerPanel(console, life),
  )
  return { title: 'Fleet', element }
}
