import { type Child, h } from '../dom/element.ts'
import { live } from '../dom/live.ts'
import { timeOf } from '../dom/time.ts'
import type { Console } from '../state/console.ts'
import { createDecisionPages, type DecisionPage } from '../state/decision-pages.ts'
import type { Life } from '../state/life.ts'
import { asProblem } from '../state/problem.ts'
import type { Decision } from '../state/resources.ts'
import { createSource } from '../state/source.ts'
import { value } from '../state/value.ts'
import { panel, trouble } from './panel.ts'

const EVERY_MS = 15_000

const whyOf = ({ steps, doubts, direction }: Decision): string => {
  const last = steps.findLast(({ before, after }) => before !== after)
  if (last) return `${last.by}: ${last.why}`
  return direction === 'none' ? (doubts[0] ?? 'nothing to change') : ''
}

const row = (decision: Decision, now: number, onOpen: (at: number) => void): HTMLElement => {
  const { id, at, from, to, direction, outcome, report } = decision
  const change = direction === 'none' ? `${to}` : `${from} → ${to}`
  return h(
    'li',
    { 'data-key': id },
    h(
      'button',
      { type: 'button', class: 'decision', onclick: () => onOpen(Date.parse(at)), title: report[0] },
      timeOf(at, now, { seconds: true }),
      h('b', { class: `change is-${direction}` }, direction === 'up' ? '▲ ' : direction === 'down' ? '▼ ' : '', change),
      h('span', { class: 'decision-why' }, whyOf(decision)),
      outcome !== 'applied' && outcome !== 'none' && h('span', { class: 'chip' }, outcome),
    ),
  )
}

/** What was decided, newest first, each with its reason and all of it behind a press. */
export const decisionLog = (console: Console, life: Life, pool: string, onOpen: (at: number) => void): HTMLElement => {
  const { api, fleet, now } = console
  const path = `pools/${encodeURIComponent(pool)}/decisions`
  const changesOnly = value(true)
  const pages = createDecisionPages((query, signal) =>
    api.get<DecisionPage>(path, { ...query, ...(changesOnly.get() && { changes: 'true' }) }, signal),
  )
  const source = createSource(pages.newest, { everyMs: EVERY_MS, life })
  const fault = value('')

  const loadMore = (next: string): void => {
    pages.reachBack(next).then(
      () => {
        fault.set('')
        source.refresh()
      },
      (error: unknown) => {
        fault.set(asProblem(error).message)
        part.refresh()
      },
    )
  }
  const draw = ({ decisions, next }: DecisionPage): readonly Child[] => [
    decisions.length === 0 && h('p', { class: 'quiet' }, changesOnly.get() ? 'No change yet.' : 'No look yet.'),
    h('ol', { class: 'decisions' }, ...decisions.map((one) => row(one, now.get(), onOpen))),
    next && h('button', { type: 'button', onclick: () => loadMore(next) }, 'Older ones'),
    fault.get() && h('p', { class: 'trouble', role: 'alert' }, `This cannot be read: ${fault.get()}.`),
  ]
  const part = live('div', { class: 'panel-body' }, () => {
    const loaded = source.state.get()
    return [...trouble(loaded), ...(loaded.value ? draw(loaded.value) : [])]
  })
  const box = h('input', { type: 'checkbox', id: 'all-looks' })
  box.addEventListener('change', () => {
    changesOnly.set(!box.checked)
    pages.startAnew()
    source.refresh()
  })
  life.onEnd(source.state.watch(part.refresh))
  life.onEnd(fleet.decision.watch((decision) => decision?.pool === pool && source.refresh()))
  const choice = h('label', { class: 'check', for: 'all-looks' }, box, 'every look, not changes only')
  return panel('decisions', 'Decisions', [choice], part.element)
}
