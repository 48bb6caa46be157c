import { type Child, h } from '../dom/element.ts'
import { live } from '../dom/live.ts'
import { timeOf } from '../dom/time.ts'
import type { Console } from '../state/console.ts'
import type { Life } from '../state/life.ts'
import { asProblem } from '../state/problem.ts'
import type { Decision } from '../state/resources.ts'
import { createSource } from '../state/source.ts'
import { value } from '../state/value.ts'
import { panel, trouble } from './panel.ts'

const PAGE = 12
const EVERY_MS = 15_000

interface Page {
  readonly decisions: readonly Decision[]
  readonly next: string | null
}

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
  const older = value<readonly Decision[]>([])
  const more = value<string | null | undefined>(undefined)
  const ask = (before: string | undefined, signal?: AbortSignal) =>
    api.get<Page>(path, { limit: PAGE, before, ...(changesOnly.get() && { changes: 'true' }) }, signal)
  const source = createSource((signal) => ask(undefined, signal), { everyMs: EVERY_MS, life })
  const fault = value('')

  const loadMore = (from: string): void => {
    ask(from).then(
      (page) => {
        older.set([...older.get(), ...page.decisions])
        more.set(page.next)
        part.refresh()
      },
      (error: unknown) => {
        fault.set(asProblem(error).message)
        part.refresh()
      },
    )
  }
  const draw = ({ decisions, next }: Page): readonly Child[] => {
    const known = new Set(decisions.map(({ id }) => id))
    const all = [...decisions, ...older.get().filter(({ id }) => !known.has(id))]
    const further = more.get() === undefined ? next : more.get()
    return [
      all.length === 0 && h('p', { class: 'quiet' }, changesOnly.get() ? 'No change yet.' : 'No look yet.'),
      h('ol', { class: 'decisions' }, ...all.map((one) => row(one, now.get(), onOpen))),
      further && h('button', { type: 'button', onclick: () => loadMore(further) }, 'Older ones'),
      fault.get() && h('p', { class: 'trouble', role: 'alert' }, `This cannot be read: ${fault.get()}.`),
    ]
  }
  const part = live('div', { class: 'panel-body' }, () => {
    const loaded = source.state.get()
    return [...trouble(loaded), ...(loaded.value ? draw(loaded.value) : [])]
  })
  const box = h('input', { type: 'checkbox', id: 'all-looks' })
  box.addEventListener('change', () => {
    changesOnly.set(!box.checked)
    older.set([])
    more.set(undefined)
    source.refresh()
  })
  life.onEnd(source.state.watch(part.refresh))
  life.onEnd(fleet.decision.watch((decision) => decision?.pool === pool && source.refresh()))
  const choice = h('label', { class: 'check', for: 'all-looks' }, box, 'every look, not changes only')
  return panel('decisions', 'Decisions', [choice], part.element)
}
