import { type Child, h } from '../dom/element.ts'
import { icon, type Level } from '../dom/icon.ts'
import type { Verdict } from '../state/resources.ts'
import type { Loaded } from '../state/source.ts'
import { duration, percent } from '../words/numbers.ts'
import { trouble } from './panel.ts'

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

const hopRow = (
  { hop, meanMs, usualMs, overMs }: Verdict['evidence']['hops'][number],
  most: number,
  named: string | null,
): HTMLElement =>
  h(
    'tr',
    { class: hop === named ? 'is-named' : '' },
    h('th', { scope: 'row' }, hop, hop === named && h('span', { class: 'hidden' }, ' (holds it up)')),
    h(
      'td',
      { class: 'bar-cell', 'aria-hidden': 'true' },
      h('span', { class: 'bar', style: { width: `${(meanMs / most) * 100}%` } }),
      h('span', { class: 'bar-usual', style: { left: `${(usualMs / most) * 100}%` } }),
    ),
    h('td', { class: 'number' }, duration(meanMs)),
    h('td', { class: 'number' }, duration(usualMs)),
    h('td', { class: 'number' }, overMs > 0 ? `+${duration(overMs)}` : '–'),
  )

const hopTable = ({ hop, evidence: { hops } }: Verdict): Child => {
  if (hops.length === 0) return false
  const most = Math.max(1, ...hops.flatMap(({ meanMs, usualMs }) => [meanMs, usualMs]))
  const names = ['Hop', '', 'Mean now', 'Usual', 'Over']
  return h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Hops' },
    h(
      'table',
      { class: 'hops' },
      h('caption', { class: 'hidden' }, 'Time that jobs spend in each hop, against what is usual'),
      h('thead', {}, h('tr', {}, ...names.map((name) => (name ? h('th', { scope: 'col' }, name) : h('td', {}))))),
      h('tbody', {}, ...hops.map((one) => hopRow(one, most, hop))),
    ),
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
        because && h('p', {}, because),
        todo && h('p', {}, h('b', {}, 'What to do: '), todo),
        h(
          'p',
          { class: 'quiet' },
          `Of ${evidence.jobs} jobs in five minutes${confidence === null ? '' : `; confidence: ${confidence}`}.`,
        ),
      ),
    ),
    hopTable(verdict),
    ...(loaded.problem ? trouble(loaded) : []),
  ]
}
