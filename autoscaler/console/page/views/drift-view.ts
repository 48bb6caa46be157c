import { type Child, h } from '../dom/element.ts'
import { icon, type Level } from '../dom/icon.ts'
import { type Column, table } from '../dom/table.ts'
import { timeOf } from '../dom/time.ts'
import { bins } from '../panels/bins.ts'
import { following, panel } from '../panels/panel.ts'
import type { Console, View } from '../state/console.ts'
import type { Life } from '../state/life.ts'
import type { Drift } from '../state/resources.ts'
import { createSource } from '../state/source.ts'
import { day } from '../words/instants.ts'
import { count, percent, UNKNOWN } from '../words/numbers.ts'

const EVERY_MS = 60_000

type Signal = Drift['signals'][number]

const LEVELS: Readonly<Record<Signal['level'], Level>> = {
  well: 'well',
  watch: 'watch',
  alarm: 'bad',
  unknown: 'unknown',
}
const ORDER: readonly Signal['level'][] = ['alarm', 'watch', 'well', 'unknown']

const index = (psi: number | null): string => (psi === null ? UNKNOWN : psi.toFixed(3))

const CUT_COLUMNS: readonly Column[] = [
  ...[{ name: 'Which' }, { name: 'By' }],
  ...['Index', 'Its part', 'Jobs'].map((name) => ({ name, kind: 'number' }) as const),
]

const cutTable = ({ cuts }: Signal): Child =>
  cuts.length > 0 &&
  table({
    label: 'Where it moved',
    columns: CUT_COLUMNS,
    rows: cuts.map(({ by, value, psi, level, share, count: jobs }) => ({
      key: `${by}/${value}`,
      cells: [
        h('span', { class: 'with-icon' }, icon(LEVELS[level], level), value),
        ...[by, index(psi), share === null ? '–' : percent(share), count(jobs)],
      ],
    })),
  })

const one = (signal: Signal): HTMLElement => {
  const { task, signal: name, psi, level, windowHours, count: jobs, referenceCount, reference, why } = signal
  return h(
    'details',
    { class: 'drift', 'data-key': `${task}/${name}`, open: level === 'alarm' },
    h(
      'summary',
      {},
      icon(LEVELS[level]),
      h('b', {}, `${task}: ${name}`),
      h('span', { class: `chip is-${LEVELS[level]}` }, level),
      h('span', { class: 'number' }, `index ${index(psi)}`),
    ),
    h('p', {}, why),
    h(
      'p',
      { class: 'quiet' },
      `${count(jobs)} jobs of the last ${windowHours} h against ${count(referenceCount)} of ${day(Date.parse(reference.from))} to ${day(Date.parse(reference.until))} (${reference.kind}).`,
    ),
    ...bins(signal.bins, `${task}: ${name}`),
    h('div', { class: 'narrow' }, cutTable(signal)),
  )
}

const draw = ({ evaluatedAt, signals }: Drift): readonly Child[] => {
  if (evaluatedAt === null)
    return [
      h(
        'p',
        { class: 'quiet' },
        'It was not looked at yet: whoever leads does so within a minute, and whenever an hour is over.',
      ),
    ]
  const sorted = signals.toSorted((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level))
  return [
    h(
      'p',
      { class: 'quiet' },
      'Looked at ',
      timeOf(evaluatedAt, Date.now()),
      '. The index is 0 where nothing has moved; 0.1 is worth a look, 0.25 is a lot.',
    ),
    signals.length === 0 && h('p', {}, 'Too few jobs so far to tell anything.'),
    ...sorted.map(one),
  ]
}

/** Whether what comes in, and what models make of it, is still what it was. */
export const driftView = ({ api, fleet }: Console, life: Life): View => {
  const source = createSource((signal) => api.get<Drift>('drift', {}, signal), { everyMs: EVERY_MS, life })
  life.onEnd(fleet.driftAlarms.watch(source.refresh))
  const part = panel('drift', 'Scores, qualities and outcomes', [], following(source, life, draw))
  return { title: 'Drift', element: h('div', { class: 'view' }, h('h1', { tabindex: -1 }, 'Drift'), part) }
}
