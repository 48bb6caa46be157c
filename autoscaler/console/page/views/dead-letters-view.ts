import { openRedrive } from '../dialogs/redrive-dialog.ts'
import { type Child, h } from '../dom/element.ts'
import { icon } from '../dom/icon.ts'
import { type Column, type Row, table } from '../dom/table.ts'
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

const COLUMNS: readonly Column[] = [
  { name: '', kind: 'tick' },
  ...['Job', 'Why', 'Pool', 'Task', 'Tenant', 'Since'].map((name) => ({ name })),
]

const rowOf = ({ id, reason, pool, diedAt, job }: DeadLetter, now: number, choose: Child): Row => ({
  key: id,
  cells: [
    choose,
    job ? h('a', { href: hashOf({ view: 'job', id: job.id }), class: 'id' }, job.id) : h('span', { class: 'id' }, id),
    ...[REASONS[reason] ?? reason, pool ?? '–', job ? `${job.task}, ${job.lane}` : '–', job?.tenant ?? '–'],
    diedAt === null ? '–' : timeOf(diedAt, now),
  ],
})

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
    some.textContent = chosen.size === 0 ? 'Redrive chosen…' : `Redrive ${plural(chosen.size, 'chosen one')}…`
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
      table({
        label: 'Dead letters',
        head: 1,
        columns: COLUMNS,
        rows: deadLetters.map((letter) => rowOf(letter, now.get(), may && box(chosen, letter.id, follow))),
      }),
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
