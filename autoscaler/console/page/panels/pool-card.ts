import { fromLooks, type Picture } from '../charts/picture.ts'
import { forecastLine } from '../charts/rate-chart.ts'
import { h } from '../dom/element.ts'
import { icon } from '../dom/icon.ts'
import { live } from '../dom/live.ts'
import { inSight } from '../dom/sight.ts'
import type { Console } from '../state/console.ts'
import type { Life } from '../state/life.ts'
import { type CardData, createCardData } from '../state/pool-data.ts'
import { RANGES } from '../state/range.ts'
import { hashOf } from '../state/route.ts'
import { value } from '../state/value.ts'
import { factsOf } from '../words/pool-facts.ts'
import { countBar, countWords } from './count-bar.ts'
import { factList } from './facts.ts'
import { spark } from './spark.ts'
import { verdictLine } from './verdict.ts'

const LOOK_BACK = RANGES[0]

const rateSpark = ({ history }: CardData): SVGSVGElement => {
  const now = Date.now()
  const [from, until] = [now - (LOOK_BACK?.backMs ?? 0), now + (LOOK_BACK?.aheadMs ?? 0)]
  const picture: Picture = {
    looks: history.state.get().value ?? [],
    minutes: [],
    plan: undefined,
    from,
    until,
    now,
    stepMs: 60_000,
  }
  const strokes = [
    { line: forecastLine(picture, 'expected'), ink: 'purple', dash: '2 3' },
    { line: fromLooks(picture, ({ rate }) => rate), ink: 'blue' },
  ]
  return spark(strokes, from, until, now)
}

/** A pool in short, and the way to all of it. Of a fleet with many pools only those that can be seen ask and are drawn. */
export const poolCard = (console: Console, life: Life, name: string): HTMLElement => {
  const { fleet, now } = console
  const range = value(LOOK_BACK ?? console.range.get())
  const element = h('article', { class: 'panel card is-pool', 'aria-label': `Pool ${name}` })
  const sight = inSight(element, life)
  const data = createCardData({ ...console, range }, life, name, sight)
  const href = hashOf({ view: 'pool', pool: name })
  const part = live('div', { class: 'card-body' }, () => {
    const pool = fleet.pools.get()?.find((one) => one.name === name)
    if (!pool) return [h('p', { class: 'quiet' }, 'Loading…')]
    const { override, mode, stale, headline } = pool
    return [
      h(
        'div',
        { class: 'card-head' },
        h('h2', {}, h('a', { href }, name)),
        mode === 'forecast-only' && h('span', { class: 'chip' }, 'only told, not done'),
        override &&
          h(
            'span',
            { class: 'chip is-holds' },
            `${override.kind}${override.count === null ? '' : ` ${override.count}`}`,
          ),
        stale && h('span', { class: 'chip is-bad' }, icon('bad'), 'nobody decides'),
      ),
      countWords(pool),
      countBar(pool),
      h('div', { class: 'spark-box' }, rateSpark(data)),
      factList(
        factsOf(data.history.state.get().value, data.minutes.state.get().value, now.get(), {
          pool: name,
          nodes: fleet.nodes.get(),
        }),
      ),
      ...verdictLine(data.verdict.state.get()),
      headline !== null && h('p', { class: 'quiet headline' }, headline),
    ]
  })
  const follow = (): void => {
    if (sight.get()) part.refresh()
  }
  for (const one of [sight, fleet.pools, data.history.state, data.minutes.state, data.verdict.state])
    life.onEnd((one as { watch(listener: () => void): () => void }).watch(follow))
  element.append(part.element)
  return element
}
