import type { Console } from '../state/console.ts'
import type { Node } from '../state/resources.ts'
import { dayAndTime } from '../words/instants.ts'
import { openAction } from './action-dialog.ts'
import { choiceField, consentField } from './fields.ts'

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
export const openDrain = ({ api }: Console, { name, ifDrained, forceNeeded }: Node, onDone: () => void): void => {
  const length = choiceField('minutes', 'For', LENGTHS, '120')
  const consent = consentField('force', 'It is meant all the same: force it')
  openAction({
    title: `Drain ${name}`,
    verb: () => `Drain ${name}`,
    fields: forceNeeded ? [length.element, consent.element] : [length.element],
    effect: () => [
      ...ifDrained,
      `At ${dayAndTime(Date.now() + Number(length.input.value) * MINUTE_MS)} its workers start again by themselves.`,
    ],
    send: async (reason) => {
      const force = forceNeeded && consent.input.checked ? { force: true } : {}
      const wish = { reason, minutes: Number(length.input.value), ...force }
      return (await api.send<DrainAnswer>('POST', pathOf(name), wish)).lines
    },
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
    send: async (reason) => (await api.send<DrainAnswer>('DELETE', pathOf(name), { reason })).lines,
    onDone,
  })
}
