import type { Console } from '../state/console.ts'
import type { Redriven } from '../state/resources.ts'
import { plural } from '../words/numbers.ts'
import { openAction } from './action-dialog.ts'

const MOST_AT_ONCE = 1_000

const STUCK = 'All of these stay, before those that came later: ./muster dlq redrive --all goes through more at once'

/** Letters are out of the queue while somebody looks at them. */
const HELD = 'somebody else looks at them just now'

/** Whoever redrives all again would meet the same ones, and never the others. */
const isStuck = (redriven: Redriven['redriven']): boolean =>
  redriven.length >= MOST_AT_ONCE && redriven.every(({ line }) => line.startsWith('stays'))

/** What became of them, each kind in a line. */
export const redrivenInWords = ({ redriven, notThere, left }: Redriven): readonly string[] => {
  const kinds = Map.groupBy(redriven, ({ line }) => line)
  return [
    ...[...kinds].map(([line, some]) => `${plural(some.length, 'job')}: ${line}`),
    ...(notThere.length > 0 ? [`${plural(notThere.length, 'letter')} not found: gone already, or ${HELD}`] : []),
    ...(redriven.length === 0 && notThere.length === 0 ? [`there was nothing to redrive, or ${HELD}`] : []),
    ...(isStuck(redriven) ? [STUCK] : []),
    left === 0 ? 'none is left' : `${plural(left, 'letter')} left`,
  ]
}

/** Try jobs again that were given up. @param what the ids of some, or how many all are */
export const openRedrive = (console: Console, what: readonly string[] | number, onDone: () => void): void => {
  const number = typeof what === 'number' ? Math.min(what, MOST_AT_ONCE) : what.length
  const letters = plural(number, 'dead letter')
  openAction({
    title: `Redrive ${letters}`,
    verb: () => `Redrive ${letters}`,
    fields: [],
    effect: () => [
      `${plural(number, 'job')} of those the service gave up ${number === 1 ? 'is' : 'are'} queued again, with attempts anew and a new deadline.`,
      'One that is over, was taken back, or whose pictures are gone is not tried: its letter stays.',
      'Callers who were told that it failed will find another outcome.',
      ...(typeof what === 'number' && what > MOST_AT_ONCE ? [`The oldest ${MOST_AT_ONCE} of ${what} in one go.`] : []),
    ],
    async send(reason) {
      const body = typeof what === 'number' ? { all: true, reason } : { ids: what, reason }
      return redrivenInWords(await console.api.send<Redriven>('POST', 'fleet/dead-letters/redrive', body))
    },
    onDone,
  })
}
