import { amount, count, plural } from '../words/numbers.ts'
import { fromLooks, type PoolChart } from './picture.ts'
import { lastOf } from './time-table.ts'

const nodes = (value: number): string => plural(value, 'node')

/** How many nodes there are, were asked for, and may be. */
export const countChart: PoolChart = {
  spec: {
    title: 'Nodes',
    unit: 'count; a triangle marks a change',
    lines: [
      { name: 'running', colour: 'green', stepped: true, filled: true, width: 2.25 },
      { name: 'placed', colour: 'blue', stepped: true, dash: [5, 3] },
      { name: 'asked for', colour: 'orange', stepped: true, dash: [2, 3], width: 2 },
      { name: 'least', colour: 'grey', stepped: true, dash: [1, 4], aside: true },
      { name: 'most', colour: 'grey', stepped: true, dash: [8, 4], aside: true },
    ],
    words: count,
    tick: amount,
    leastTop: 3,
  },
  linesOf: (picture) => [
    fromLooks(picture, ({ running }) => running),
    fromLooks(picture, ({ placed }) => placed),
    fromLooks(picture, ({ asked, to }) => asked ?? to),
    fromLooks(picture, ({ bounds }) => bounds.min),
    fromLooks(picture, ({ bounds }) => bounds.max),
  ],
  summaryOf: ([running, , asked], { looks }) => {
    const bounds = looks.at(-1)?.bounds
    const [run, wanted] = [running && lastOf(running), asked && lastOf(asked)]
    if (!bounds || wanted === null || wanted === undefined) return 'Nodes: nothing is known of this time.'
    const changes = looks.filter(({ changed }) => changed).length
    const between = `may be ${bounds.min} to ${bounds.max}`
    const runs = run === null || run === undefined ? 'it is not known how many run' : `${count(run)} running`
    return `${nodes(wanted)} asked for, ${runs}; ${between}. ${plural(changes, 'change')} in this time.`
  },
  marksOf: ({ looks }) =>
    looks
      .filter(({ changed, from, to }) => changed && from !== to)
      .map(({ at, from, to }) => ({ at: Date.parse(at), direction: to > from ? 'up' : 'down' })),
}
