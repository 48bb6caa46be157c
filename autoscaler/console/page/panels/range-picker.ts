import { h } from '../dom/element.ts'
import { live } from '../dom/live.ts'
import type { Console } from '../state/console.ts'
import type { Life } from '../state/life.ts'
import { RANGES } from '../state/range.ts'

/** How far back the charts go. */
export const rangePicker = ({ range }: Pick<Console, 'range'>, life: Life): HTMLElement => {
  const part = live('div', { class: 'choices', role: 'group', 'aria-label': 'How far back' }, () =>
    RANGES.map((one) =>
      h(
        'button',
        {
          type: 'button',
          class: 'choice',
          'aria-pressed': String(one === range.get()),
          onclick: () => range.set(one),
        },
        one.name,
        h('span', { class: 'hidden' }, `, the ${one.words}`),
      ),
    ),
  )
  life.onEnd(range.watch(part.refresh))
  return part.element
}
