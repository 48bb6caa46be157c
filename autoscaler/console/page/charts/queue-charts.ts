import { span } from '../words/instants.ts'
import { amount, count, plural } from '../words/numbers.ts'
import { nowAndHighest } from '../words/summaries.ts'
import { fromLooks, type PoolChart } from './picture.ts'

const seconds = (value: number): string => span(value * 1_000)

/** How many jobs no worker has yet. */
export const depthChart: PoolChart = {
  spec: {
    title: 'Waiting',
    unit: 'jobs in the queue',
    lines: [{ name: 'waiting', colour: 'blue', filled: true, width: 2 }],
    words: count,
    tick: amount,
    leastTop: 10,
  },
  linesOf: (picture) => [fromLooks(picture, ({ waiting }) => waiting)],
  summaryOf: ([waiting], { now }) => nowAndHighest('Waiting', waiting, (value) => plural(value, 'job'), now),
}

/** How long the first of them has waited. */
export const ageChart: PoolChart = {
  spec: {
    title: 'Oldest in the queue',
    unit: 'seconds',
    lines: [{ name: 'age', colour: 'orange', filled: true, width: 2 }],
    limit: { value: 3, name: '3 s' },
    words: seconds,
    tick: amount,
    leastTop: 4,
  },
  linesOf: (picture) => [fromLooks(picture, ({ ageSeconds }) => ageSeconds)],
  summaryOf: ([age], { now }) => nowAndHighest('The oldest job has waited', age, seconds, now),
}
