import { type Child, h } from '../dom/element.ts'
import { icon } from '../dom/icon.ts'
import { type Column, table } from '../dom/table.ts'
import { timeOf } from '../dom/time.ts'
import type { Console } from '../state/console.ts'
import { asProblem } from '../state/problem.ts'
import type { Decision } from '../state/resources.ts'
import { dayAndTime, span } from '../words/instants.ts'
import { openDialog } from './dialog.ts'

/** A look is due by then; a moment more, and it is there. */
const NEXT_LOOK_MS = 2_000

const STEP_COLUMNS: readonly Column[] = [
  { name: 'By' },
  { name: 'From', kind: 'number' },
  { name: 'To', kind: 'number' },
  { name: 'Why' },
]

const stepTable = ({ steps }: Decision): Child =>
  steps.length > 0 &&
  table({
    label: 'What moved the count, in its order; the later has the last word',
    columns: STEP_COLUMNS,
    rows: steps.map(({ by, before, after, why }, index) => ({ key: String(index), cells: [by, before, after, why] })),
  })

const otherwise = ({ to, without }: Decision): string => {
  const parts = [
    without.schedule === to ? '' : `${without.schedule} without the schedule`,
    without.override === to ? '' : `${without.override} without the override`,
  ].filter(Boolean)
  return parts.length > 0 ? `It would have been ${parts.join(', ')}.` : ''
}

const picture = (decision: Decision): readonly Child[] => {
  const { at, from, to, direction, doubts, report, nextAt } = decision
  const [headline = '', ...rest] = report
  const other = otherwise(decision)
  return [
    h(
      'p',
      { class: 'decision-count' },
      h('b', {}, direction === 'none' ? String(to) : `${from} → ${to}`),
      ' nodes at ',
      timeOf(at, Date.now(), { seconds: true }),
    ),
    h('p', {}, headline),
    ...doubts.map((doubt) => h('p', { class: 'trouble' }, icon('watch'), doubt)),
    stepTable(decision),
    other && h('p', {}, other),
    h(
      'details',
      { open: true },
      h('summary', {}, 'All of it in words'),
      h('ul', { class: 'lines' }, ...rest.map((line) => h('li', {}, line))),
    ),
    h('p', { class: 'quiet' }, `Looked at again after ${span(Date.parse(nextAt) - Date.parse(at))}.`),
  ]
}

/** Show the decision that held at an instant, and lead to those before and after it. @param at epoch ms */
export const openDecision = ({ api }: Pick<Console, 'api'>, pool: string, at: number): void => {
  const dialog = openDialog(`${pool}: why so many nodes`, 'decision')
  const path = `pools/${encodeURIComponent(pool)}/decisions`
  const body = h('div', { role: 'status' }, h('p', { class: 'quiet' }, 'Loading…'))
  let shown: Decision | undefined

  const show = async (ask: () => Promise<Decision | undefined>, none: string): Promise<void> => {
    try {
      const found = await ask()
      if (!found || found.id === shown?.id) body.prepend(h('p', { class: 'trouble' }, icon('note'), none))
      else {
        shown = found
        body.replaceChildren(h('div', {}, ...picture(found)))
      }
    } catch (error) {
      const { status, message } = asProblem(error)
      const words = status === 404 ? `No decision of ${dayAndTime(at)} is kept.` : `It cannot be read: ${message}.`
      body.replaceChildren(h('p', { class: 'trouble' }, icon('watch'), words))
    }
  }
  const held = (time: number) => () => api.get<Decision>(`${path}/at`, { time: new Date(time).toISOString() })
  const before = async () => {
    const answer = await api.get<{ decisions: readonly Decision[] }>(path, { before: shown?.at, limit: 1 })
    return answer.decisions[0]
  }
  dialog.fill(
    body,
    h(
      'div',
      { class: 'dialog-foot' },
      h('button', { type: 'button', onclick: () => show(before, 'This is the oldest that is kept.') }, '← Look before'),
      h(
        'button',
        {
          type: 'button',
          onclick: () => show(held(Date.parse(shown?.nextAt ?? '') + NEXT_LOOK_MS), 'This is the newest.'),
        },
        'Look after →',
      ),
      h('button', { type: 'button', class: 'primary', onclick: () => dialog.close() }, 'Close'),
    ),
  )
  void show(held(at), '')
}
