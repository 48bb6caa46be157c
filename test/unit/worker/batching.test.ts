import { describe, expect, it } from 'vitest'
import { type BatchDecision, decideBatch, type Waiting } from '../../../worker/batching.ts'

const item = (since: number, expiresAt = 100_000): Waiting => ({ since, expiresAt })

describe('decideBatch', () => {
  const table: readonly [string, readonly Waiting[], number, number, number, BatchDecision][] = [
    ['runs at once without a delay', [item(0)], 0, 4, 0, { kind: 'run', count: 1 }],
    ['takes all that wait, up to the maximum', [item(0), item(0), item(0)], 0, 2, 0, { kind: 'run', count: 2 }],
    ['waits for company as long as the delay allows', [item(0)], 3, 4, 10, { kind: 'wait', ms: 7 }],
    ['runs when the oldest has waited long enough', [item(0), item(9)], 10, 4, 10, { kind: 'run', count: 2 }],
    ['runs a full batch without waiting', [item(0), item(0)], 0, 2, 10, { kind: 'run', count: 2 }],
    ['never waits into a deadline', [item(0, 12)], 3, 4, 10, { kind: 'run', count: 1 }],
    ['waits less when a deadline is near', [item(0), item(0, 15)], 3, 4, 10, { kind: 'wait', ms: 2 }],
  ]
  it.each(table)('%s', (_title, waiting, now, maxSize, maxDelayMs, decision) => {
    expect(decideBatch(waiting, now, { maxSize, maxDelayMs })).toEqual(decision)
  })
})
