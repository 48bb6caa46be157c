import { openRedrive } from '../dialogs/redrive-dialog.ts'
import { type Child, h } from '../dom/element.ts'
import { icon } from '../dom/icon.ts'
import { timeOf } from '../dom/time.ts'
import { following, panel } from '../panels/panel.ts'
import type { Console, View } from '../state/console.ts'
import type { Life } from '../state/life.ts'
import type { DeadLetter, DeadLetters } from '../state/resources.ts'
import { hashOf } from '../state/route.ts'
import { createSource } from '../state/source.ts'
import { count, plural } from '../words/numbers.ts'

const EVERY_MS = 30_000

const REASONS: Readonly<Record<string, string>> = {
  exhausted: 'tried as often as is allowed',
  missing: 'its job is not there',
  unreadable: 'cannot be read',
  undelivered: 'the broker gave it up, no worker came to judge it',
}

const box = (chosen: Set<string>, id: string, follow: () => void): HTMLInputElement =>
  h('input', {
    ...{ type: 'checkbox', 'aria-label': `Choose ${id}` },
    onchange: (event: Event) => {
      if ((event.target as HTMLInputElement).checked) chosen.add(id)
      else chosen.delete(id)
      follow()
    },
  })

const row = ({ id, reason, pool, diedAt, job }: DeadLetter, now: number, choose: Child): HTMLElement =>
  h(
    'tr',
    { 'data-key': id },
    h('td', {}, choose),
    h(
      'th',
      { scope: 'row' },
      job ? h('a', { href: hashOf({ view: 'job', id: job.id }), class: 'id' }, job.id) : h('span', { class: 'id' }, id),
    ),
    h('td', {}, REASONS[reason] ?? reason),
    h('td', {}, pool ?? '–'),
    h('td', {}, job ? `${job.task}, ${job.lane}` : '–'),
    h('td', {}, job?.tenant ?? '–'),
    h('td', {}, diedAt === null ? '–' : timeOf(diedAt, now)),
  )

const COLUMNS = ['', 'Job', 'Why', 'Pool', 'Task', 'Tenant', 'Since']

/** What was given up, and a way to try it again. */
export const deadLettersView = (console: Console, life: Life): View => {
  const { api, fleet, now, signedIn } = console
  const chosen = new Set<string>()
  const may = signedIn.may('fleet:operate')
  const source = createSource((signal) => api.get<DeadLetters>('fleet/dead-letters', {}, signal), {
    everyMs: EVERY_MS,
    life,
  })
  life.onEnd(fleet.deadLetterCount.watch(source.refresh))
  const done = (): void => {
    chosen.clear()
    source.refresh()
    follow()
  }
  const some = h('button', { type: 'button', onclick: () => openRedrive(console, [...chosen], done) })
  const all = h(
    'button',
    {
      type: 'button',
      class: 'primary',
      onclick: () => openRedrive(console, source.state.get().value?.count ?? 0, done),
    },
    'Redrive all…',
  )
  const follow = (): void => {
    const known = source.state.get().value
    some.textContent = `Redrive ${plural(chosen.size, 'chosen one')}…`
    some.disabled = chosen.size === 0
    all.disabled = !known || known.count === 0
  }
  life.onEnd(source.state.watch(follow))
  follow()
  const draw = ({ count: total, deadLetters }: DeadLetters): readonly Child[] => {
    if (total === 0) return [h('p', { class: 'all-well' }, icon('well'), 'There are none.')]
    return [
      h(
        'p',
        { class: 'quiet' },
        `${plural(total, 'message')} parked for a person${total > deadLetters.length ? `; the oldest ${count(deadLetters.length)} are shown` : ''}.`,
      ),
      h(
        'div',
        { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Dead letters' },
        h(
          'table',
          {},
          h('thead', {}, h('tr', {}, ...COLUMNS.map((name) => (name ? h('th', { scope: 'col' }, name) : h('td', {}))))),
          h('tbody', {}, ...deadLetters.map((letter) => row(letter, now.get(), may && box(chosen, letter.id, follow)))),
        ),
      ),
    ]
  }
  const actions = may
    ? [h('div', { class: 'actions' }, some, all)]
    : [h('p', { class: 'quiet' }, 'Redriving takes the role operator.')]
  const element = h(
    'div',
    { class: 'view' },
    h('h1', { tabindex: -1 }, 'Dead letters'),
    panel('dead-letters', 'Given up', actions, following(source, life, draw)),
  )
  return { title: 'Dead letters', element }
}
