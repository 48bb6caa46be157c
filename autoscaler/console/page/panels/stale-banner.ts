import { h } from '../dom/element.ts'
import { icon } from '../dom/icon.ts'
import { live } from '../dom/live.ts'
import { timeOf } from '../dom/time.ts'
import type { Console } from '../state/console.ts'
import { span } from '../words/instants.ts'

/** Says when what is shown is no longer what is so, since when, and what is done about it. Empty as long as all is live. */
export const staleBanner = ({ live: stream, now }: Console): HTMLElement => {
  const part = live('div', { class: 'banner-room' }, () => {
    const { kind, heardAt, retryAt, why } = stream.connection.get()
    if (kind !== 'old') return []
    const wait = retryAt === undefined ? 'Trying now…' : `Trying again in ${span(Math.max(0, retryAt - now.get()))}.`
    return [
      h(
        'div',
        { class: 'banner' },
        icon('bad'),
        h(
          'p',
          {},
          h('b', {}, 'Not live. '),
          'What you see is ',
          ...(heardAt === undefined ? ['not up to date'] : ['of ', timeOf(heardAt, now.get(), { seconds: true })]),
          `: ${why}. `,
          h('span', { class: 'quiet' }, wait),
        ),
        h('button', { type: 'button', onclick: () => stream.retry() }, 'Try now'),
      ),
    ]
  })
  stream.connection.watch(part.refresh)
  now.watch(() => stream.connection.get().kind === 'old' && part.refresh())
  return part.element
}
