import { openDecision } from '../dialogs/decision-dialog.ts'
import { openOverride, openRelease } from '../dialogs/override-dialogs.ts'
import { type Child, h } from '../dom/element.ts'
import { icon } from '../dom/icon.ts'
import { live } from '../dom/live.ts'
import { costPanel } from '../panels/cost.ts'
import { countBar, countWords } from '../panels/count-bar.ts'
import { decisionLog } from '../panels/decision-log.ts'
import { factList } from '../panels/facts.ts'
import { panel } from '../panels/panel.ts'
import { poolCharts } from '../panels/pool-charts.ts'
import { poolOverrides } from '../panels/pool-overrides.ts'
import { schedulePanel } from '../panels/schedule.ts'
import { triggerPanel } from '../panels/triggers.ts'
import { verdictWords } from '../panels/verdict.ts'
import { zoneTable } from '../panels/zones.ts'
import type { Console, View } from '../state/console.ts'
import type { Life } from '../state/life.ts'
import { createPoolData, type PoolData } from '../state/pool-data.ts'
import type { Pool } from '../state/resources.ts'
import { ago } from '../words/instants.ts'
import { factsOf } from '../words/pool-facts.ts'

const actions = (console: Console, pool: Pool): Child => {
  if (!console.signedIn.may('fleet:override'))
    return h('p', { class: 'quiet' }, 'Your key may look, not change: overriding takes the role operator.')
  return h(
    'div',
    { class: 'actions' },
    h('button', { type: 'button', class: 'primary', onclick: () => openOverride(console, pool) }, 'Override…'),
    h('button', { type: 'button', onclick: () => openOverride(console, pool, 'no-scale-in') }, 'Pause scale-in…'),
    pool.override && h('button', { type: 'button', onclick: () => openRelease(console, pool) }, 'Release…'),
  )
}

const overrideNote = ({ override }: Pool): Child =>
  override &&
  h(
    'p',
    { class: 'note-line' },
    icon('note'),
    h(
      'span',
      {},
      h('b', {}, `${override.kind}${override.count === null ? '' : ` ${override.count}`}`),
      ` by ${override.actor}: “${override.reason}”`,
    ),
  )

const status = (console: Console, life: Life, name: string, data: PoolData): HTMLElement => {
  const { fleet, now } = console
  const part = live('div', { class: 'panel-body status' }, () => {
    const pool = fleet.pools.get()?.find((one) => one.name === name)
    if (!pool) return [h('p', { class: 'quiet' }, 'Loading…')]
    const looked = pool.lookedAt === null ? 'never looked at' : `looked at ${ago(Date.parse(pool.lookedAt), now.get())}`
    return [
      h(
        'div',
        { class: 'status-count' },
        countWords(pool),
        countBar(pool),
        h('p', { class: 'quiet' }, looked, pool.headline !== null && `; ${pool.headline}`),
      ),
      pool.stale &&
        h('p', { class: 'trouble' }, icon('bad'), 'Nobody decides at the moment: what is shown is of the last look.'),
      ...pool.doubts.map((doubt) => h('p', { class: 'trouble' }, icon('watch'), doubt)),
      pool.mode === 'forecast-only' &&
        h('p', { class: 'note-line' }, icon('note'), 'This autoscaler decides and tells, and changes nothing.'),
      overrideNote(pool),
      factList(
        factsOf(data.history.state.get().value, data.minutes.state.get().value, now.get(), {
          pool: name,
          nodes: fleet.nodes.get(),
        }),
      ),
      ...zoneTable(pool),
      actions(console, pool),
    ]
  })
  const sources: readonly { watch(listener: () => void): () => void }[] = [
    fleet.pools,
    data.history.state,
    data.minutes.state,
    now,
  ]
  for (const source of sources) life.onEnd(source.watch(part.refresh))
  return h('section', { class: 'panel', 'aria-label': 'Now' }, part.element)
}

const verdictPanel = (life: Life, { verdict }: PoolData): HTMLElement => {
  const part = live('div', { class: 'panel-body' }, () => verdictWords(verdict.state.get()))
  life.onEnd(verdict.state.watch(part.refresh))
  return panel('verdict', 'What holds it up', [], part.element)
}

/** All of one pool. */
export const poolView = (console: Console, life: Life, name: string): View => {
  if (!console.signedIn.session.get()?.pools.includes(name))
    return {
      title: 'No such pool',
      element: h(
        'div',
        { class: 'view' },
        h('h1', { tabindex: -1 }, 'No such pool'),
        h('p', {}, h('a', { href: '#/' }, 'All pools')),
      ),
    }
  const data = createPoolData(console, life, name)
  const open = (at: number): void => openDecision(console, name, at)
  const element = h(
    'div',
    { class: 'view' },
    h('h1', { tabindex: -1 }, name),
    h(
      'div',
      { class: 'columns' },
      h('div', { class: 'column' }, status(console, life, name, data), poolOverrides(console, life, name)),
      verdictPanel(life, data),
    ),
    poolCharts(console, life, data, open),
    h(
      'div',
      { class: 'columns' },
      decisionLog(console, life, name, open),
      h(
        'div',
        { class: 'column' },
        schedulePanel(console, life, [name]),
        costPanel(console, life, name),
        triggerPanel(console, life, name),
      ),
    ),
  )
  return { title: name, element }
}
