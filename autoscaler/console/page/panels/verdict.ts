import { type Child, h } from '../dom/element.ts'
import { icon, type Level } from '../dom/icon.ts'
import { prose } from '../dom/prose.ts'
import { type Column, table } from '../dom/table.ts'
import type { Verdict } from '../state/resources.ts'
import type { Loaded } from '../state/source.ts'
import { count, duration, percent } from '../words/numbers.ts'
import { trouble } from './panel.ts'

const sentence = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1).replace(/\.$/, '')

const levelOf = ({ verdict, missed }: Verdict): Level => {
  if (verdict === 'bottleneck') return missed ? 'bad' : 'watch'
  return verdict === 'within' ? 'well' : 'unknown'
}

const titleOf = ({ verdict, hop, share }: Verdict): string => {
  if (verdict === 'within') return 'Nothing holds it up'
  if (verdict === 'unknown') return 'Too few jobs to tell what holds it up'
  return `Held up by: ${hop ?? 'something'}${share === null ? '' : ` (${percent(share)} of the time over what is usual)`}`
}

/** The verdict in one line. */
export const verdictLine = ({ value: verdict }: Loaded<Verdict>): readonly Child[] => {
  if (!verdict) return []
  const level = levelOf(verdict)
  const words = verdict.verdict === 'bottleneck' ? `Held up by ${verdict.hop}` : titleOf(verdict)
  return [h('p', { class: `verdict-line is-${level}` }, icon(level), words)]
}

const COLUMNS: readonly Column[] = [
  { name: 'Hop' },
  { name: '', kind: 'drawing' },
  ...['Mean now', 'Usual', 'Over'].map((name) => ({ name, kind: 'number' }) as const),
]

const hopTable = ({ hop: named, evidence: { hops } }: Verdict): Child => {
  if (hops.length === 0) return false
  const most = Math.max(1, ...hops.flatMap(({ meanMs, usualMs }) => [meanMs, usualMs]))
  const share = (ms: number): string => `${(ms / most) * 100}%`
  const rows = hops.map(({ hop, meanMs, usualMs, overMs }) => ({
    key: hop,
    isNamed: hop === named,
    cells: [
      hop,
      h(
        'span',
        { class: 'hop-bars' },
        h('span', { class: 'hop-bar', style: { left: '0', width: share(meanMs) } }),
        h('span', { class: 'hop-usual', style: { left: share(usualMs) } }),
      ),
      ...[duration(meanMs), duration(usualMs), overMs > 0 ? `+${duration(overMs)}` : '–'],
    ],
  }))
  return h(
    'div',
    {},
    table({ label: 'Time in each hop', columns: COLUMNS, rows }),
    h('p', { class: 'quiet' }, 'Bars are the mean of the last five minutes; the mark is what is usual.'),
  )
}

/** Which hop holds a pool up, why, what to do about it, and by which numbers. */
export const verdictWords = (loaded: Loaded<Verdict>): readonly Child[] => {
  const verdict = loaded.value
  if (!verdict) return trouble(loaded)
  const { because, todo, confidence, evidence } = verdict
  const level = levelOf(verdict)
  return [
    h(
      'div',
      { class: `verdict is-${level}` },
      icon(level),
      h(
        'div',
        {},
        h('p', { class: 'verdict-title' }, titleOf(verdict)),
        because && h('p', {}, ...prose(`${sentence(because)}.`)),
        todo && h('p', {}, h('b', {}, 'What to do: '), ...prose(todo)),
        h(
          'p',
          { class: 'quiet' },
          `Of ${count(evidence.jobs)} jobs in five minutes${confidence === null ? '' : `; confidence: ${confidence}`}.`,
        ),
      ),
    ),
    hopTable(verdict),
    ...(loaded.problem ? trouble(loaded) : []),
  ]
}
