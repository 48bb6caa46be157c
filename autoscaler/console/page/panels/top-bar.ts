import { h, svg } from '../dom/element.ts'
import { icon } from '../dom/icon.ts'
import { live } from '../dom/live.ts'
import type { Console } from '../state/console.ts'
import { hashOf, type Route } from '../state/route.ts'
import { THEMES } from '../state/theme.ts'
import { time } from '../words/instants.ts'

/** The bar at the top. */
export interface TopBar {
  readonly element: HTMLElement
  /** Say where the reader is. */
  mark(route: Route): void
}

const mark = (): SVGSVGElement =>
  svg(
    'svg',
    { class: 'logo', viewBox: '0 0 24 24', 'aria-hidden': 'true' },
    ...[
      [3, 13],
      [9.5, 8],
      [16, 3],
    ].map(([x, y]) => svg('rect', { x, y, width: 5, height: 21 - Number(y), rx: 1.5 })),
  )

const PLACES = [
  { name: 'Fleet', route: { view: 'fleet' } },
  { name: 'Nodes', route: { view: 'nodes' } },
  { name: 'Jobs', route: { view: 'job', id: '' } },
  { name: 'Dead letters', route: { view: 'dead-letters' } },
  { name: 'Drift', route: { view: 'drift' } },
] as const

const badgeOf = ({ fleet }: Console, view: Route['view']): number => {
  if (view === 'dead-letters') return fleet.deadLetterCount.get() ?? 0
  if (view === 'drift') return fleet.driftAlarms.get()?.length ?? 0
  return view === 'nodes' ? (fleet.nodes.get() ?? []).filter(({ state }) => state === 'silent').length : 0
}

/** A number that leaves room for what is beside it. */
const short = (number: number): string => (number > 999 ? '999+' : String(number))

const places = (console: Console, here: () => Route) =>
  live('ul', { class: 'places' }, () =>
    PLACES.map(({ name, route }) => {
      const number = badgeOf(console, route.view)
      const now = here()
      const isHere = now.view === route.view || (now.view === 'pool' && route.view === 'fleet')
      return h(
        'li',
        {},
        h(
          'a',
          { href: hashOf(route), ...(isHere && { 'aria-current': now.view === 'pool' ? 'true' : 'page' }) },
          name,
          number > 0 && h('span', { class: 'badge' }, short(number), h('span', { class: 'hidden' }, ' to look at')),
        ),
      )
    }),
  )

const pulse = ({ live: stream }: Console) =>
  live('p', { class: 'pulse' }, () => {
    const { kind, heardAt } = stream.connection.get()
    if (kind === 'live') return [icon('well'), 'live']
    if (kind === 'connecting') return [icon('unknown'), 'connecting']
    return [icon('bad'), `not live${heardAt === undefined ? '' : ` since ${time(heardAt, true)}`}`]
  })

const themeChoice = ({ themes }: Console): HTMLElement => {
  const choice = h(
    'select',
    { id: 'theme', 'aria-label': 'Colours', title: 'auto: as the system has it' },
    ...THEMES.map((theme) => h('option', { value: theme, selected: theme === themes.chosen.get() }, theme)),
  )
  choice.addEventListener('change', () => {
    const chosen = THEMES.find((theme) => theme === choice.value)
    if (chosen) themes.choose(chosen)
  })
  return choice
}

/** What is at the top of every view. */
export const topBar = (console: Console, onSignOut: () => void): TopBar => {
  const { fleet, signedIn, live: stream } = console
  let route: Route = { view: 'fleet' }
  const list = places(console, () => route)
  const signs = pulse(console)
  const who = live('p', { class: 'who' }, () => {
    const session = signedIn.session.get()
    return session ? [h('b', {}, session.role), h('span', { class: 'quiet' }, ` ${session.key}`)] : []
  })
  for (const one of [fleet.deadLetterCount, fleet.driftAlarms, fleet.nodes] as const)
    (one as { watch(listener: () => void): unknown }).watch(list.refresh)
  stream.connection.watch(signs.refresh)
  signedIn.session.watch(who.refresh)
  const element = h(
    'header',
    { class: 'top-bar' },
    h('a', { class: 'name', href: '#/', 'aria-label': 'Muster: the fleet' }, mark(), 'Muster'),
    h('nav', { 'aria-label': 'Console' }, list.element),
    h(
      'div',
      { class: 'bar-end' },
      signs.element,
      themeChoice(console),
      who.element,
      h('button', { type: 'button', class: 'plain', onclick: onSignOut }, 'Sign out'),
    ),
  )
  return {
    element,
    mark(next) {
      route = next
      list.refresh()
    },
  }
}
