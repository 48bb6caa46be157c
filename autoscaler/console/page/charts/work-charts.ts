import { amount, percent } from '../words/numbers.ts'
import { nowAndHighest } from '../words/summaries.ts'
import { fromMinutes, type PoolChart } from './picture.ts'

const jobs = (value: number): string => `${amount(value)} ${value === 1 ? 'job' : 'jobs'}`

/** How many jobs are worked on at once. */
export const batchChart: PoolChart = {
  spec: {
    title: 'Batch size',
    unit: 'jobs in one run of a model',
    lines: [
      { name: 'mean', colour: 'blue', width: 2.25 },
      { name: 'largest', colour: 'grey', dash: [2, 3] },
    ],
    words: jobs,
    tick: amount,
    leastTop: 2,
  },
  linesOf: (picture) =>
    (['mean', 'max'] as const).map((member) => fromMinutes(picture, ({ batchSize }) => batchSize?.[member] ?? null)),
  summaryOf: ([mean], { now }) => nowAndHighest('A batch has', mean, jobs, now),
}

/** How much of their time workers had something to do. */
export const busyChart: PoolChart = {
  spec: {
    title: 'Busy',
    unit: 'share of the workers’ time',
    lines: [{ name: 'busy', colour: 'green', filled: true, width: 2 }],
    words: percent,
    tick: percent,
    leastTop: 1,
  },
  linesOf: (picture) => [fromMinutes(picture, ({ busyRatio }) => busyRatio)],
  summaryOf: ([busy], { now }) => nowAndHighest('Busy', busy, percent, now),
}
