import { type Child, h } from '../dom/element.ts'
import { icon } from '../dom/icon.ts'
import { live } from '../dom/live.ts'
import { timeOf } from '../dom/time.ts'
import type { Life } from '../state/life.ts'
import type { Loaded, Source } from '../state/source.ts'

/** A part of a view with a heading of its own. */
export const panel = (
  id: string,
  title: string,
  actions: readonly Child[],
  ...children: readonly Child[]
): HTMLElement =>
  h(
    'section',
    { class: 'panel', 'aria-labelledby': `${id}-title`, id },
    h('div', { class: 'panel-head' }, h('h2', { id: `${id}-title` }, title), ...actions),
    ...children,
  )

/** What is the matter with an answer: nothing, or why it is not there, or since when it is old. */
export const trouble = <T>({ value, at, problem }: Loaded<T>): readonly Child[] => {
  if (problem === undefined) return value === undefined ? [h('p', { class: 'quiet' }, 'Loading…')] : []
  const absent = problem.status === 404 && problem.code === 'NOT_FOUND'
  const words = absent ? 'This autoscaler does not tell it.' : `This cannot be read: ${problem.message}.`
  const since = at === undefined ? [] : [' What is shown is of ', timeOf(at, Date.now(), { seconds: true }), '.']
  return [h('p', { class: absent ? 'quiet' : 'trouble' }, !absent && icon('watch'), words, ...since)]
}

/** Content that follows a source: drawn when there is an answer, with a word about it when there is none. */
export const following = <T>(source: Source<T>, life: Life, draw: (answer: T) => readonly Child[]): HTMLElement => {
  const part = live('div', { class: 'panel-body' }, () => {
    const loaded = source.state.get()
    return [...trouble(loaded), ...(loaded.value === undefined ? [] : draw(loaded.value))]
  })
  life.onEnd(source.state.watch(part.refresh))
  return part.element
}
