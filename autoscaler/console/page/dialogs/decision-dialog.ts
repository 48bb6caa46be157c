import { type Child, h } from '../dom/element.ts'
import { icon, type Level } from '../dom/icon.ts'
import { type Column, table } from '../dom/table.ts'
import { timeOf } from '../dom/time.ts'
import type { Console } from '../state/console.ts'
import { createDecisionSteps, type Place } from '../state/decision-steps.ts'
import { asProblem } from '../state/problem.ts'
import type { Decision } from '../state/resources.ts'
import { dayAndTime, span } from '../words/instants.ts'
import { openDialog } from './dialog.ts'

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
  const steps = createDecisionSteps(api, pool, Date.now)
  const note = h('div')
  const body = h('div', {}, h('p', { class: 'quiet' }, 'Loading…'))
  const instant = new Date(at).toISOString()
  let place: Place = { id: '', at: instant, nextAt: instant }

  const say = (level: Level, words: string): void =>
    note.replaceChildren(h('p', { class: 'trouble' }, icon(level), words))
  const show = async (step: Promise<Decision | undefined>, none: string): Promise<void> => {
    try {
      const found = await step
      if (!found) {
        if (place.id === '') body.replaceChildren()
        say('note', none)
        return
      }
      place = found
      note.replaceChildren()
      body.replaceChildren(h('div', {}, ...picture(found)))
    } catch (error) {
      say('watch', `It cannot be read: ${asProblem(error).message}.`)
    }
  }
  const back = () => show(steps.before(place), 'This is the oldest that is kept.')
  const on = () => show(steps.after(place), 'This is the newest.')
  dialog.fill(
    h('div', { role: 'status' }, note, body),
    h(
      'div',
      { class: 'dialog-foot' },
      h('button', { type: 'button', onclick: back }, '← Look before'),
      h('button', { type: 'button', onclick: on }, 'Look after →'),
      h('button', { type: 'button', class: 'primary', onclick: () => dialog.close() }, 'Close'),
    ),
  )
  void show(steps.at(at), `No decision of ${dayAndTime(at)} is kept.`)
}
