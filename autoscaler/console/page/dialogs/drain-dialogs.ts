import type { Console } from '../state/console.ts'
import type { Node } from '../state/resources.ts'
import { dayAndTime } from '../words/instants.ts'
import { openAction } from './action-dialog.ts'
import { choiceField } from './fields.ts'

const LENGTHS = [
  { value: '30', words: '30 minutes' },
  { value: '60', words: '1 hour' },
  { value: '120', words: '2 hours' },
  { value: '480', words: '8 hours' },
]
const MINUTE_MS = 60_000

interface DrainAnswer {
  readonly lines: readonly string[]
}

const pathOf = (name: string): string => `nodes/${encodeURIComponent(name)}/drain`

/** Let a machine finish its jobs and rest. */
export const openDrain = ({ api }: Console, { name, ifDrained }: Node, onDone: () => void): void => {
  const length = choiceField('minutes', 'For', LENGTHS, '120')
  openAction({
    title: `Drain ${name}`,
    verb: () => `Drain ${name}`,
    fields: [length.element],
    effect: () => [
      ...ifDrained,
      `At ${dayAndTime(Date.now() + Number(length.input.value) * MINUTE_MS)} its workers start again by themselves.`,
    ],
    send: async (reason) =>
      (await api.send<DrainAnswer>('POST', pathOf(name), { reason, minutes: Number(length.input.value) })).lines,
    onDone,
    isGrave: true,
  })
}

/** Let it work again before its time. */
export const openUndrain = ({ api }: Console, { name, drain }: Node, onDone: () => void): void => {
  openAction({
    title: `Let ${name} work again`,
    verb: () => 'Let it work again',
    fields: [],
    effect: () => [
      'Its workers start again and take jobs as soon as it hears of it, within some ten seconds.',
      ...(drain
        ? [`It was to rest until ${dayAndTime(Date.parse(drain.until))}, said ${drain.by}: “${drain.reason}”.`]
        : []),
    ],
    send: async (reason) => (await api.send<DrainAnswer>('DELETE', pathOf(name), undefined, { reason })).lines,
    onDone,
  })
}
