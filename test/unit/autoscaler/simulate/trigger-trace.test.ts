import { describe, expect, it } from 'vitest'
import { TraceInvalidError } from '../../../../autoscaler/simulate/trace.ts'
import { parseTriggerTrace } from '../../../../autoscaler/simulate/trigger-trace.ts'

const at = (minute: number, second = 0) => Date.UTC(2026, 10, 21, 10, minute, second)
const TEXT = `timestamp,partner-queue,gpu
2026-11-21T10:00:00Z,10,0.5
2026-11-21T10:01:00Z,,0.6
2026-11-21T10:02:00Z,NaN,0.7
2026-11-21T10:05:00Z,-3,1e2
`

describe('a recorded metric', () => {
  const trace = parseTriggerTrace(TEXT)
  it.each<[string, string, number, number | undefined]>([
    ['holds at its instant', 'partner-queue', at(0), 10],
    ['holds until the next is due', 'partner-queue', at(0, 59), 10],
    ['is unknown where the cell is empty', 'partner-queue', at(1), undefined],
    ['is unknown where it was no number', 'partner-queue', at(2), undefined],
    ['has columns of their own', 'gpu', at(2), 0.7],
    ['is unknown where rows are missing', 'gpu', at(3), undefined],
    ['goes on after a gap', 'gpu', at(5, 30), 100],
    ['may be less than nothing', 'partner-queue', at(5), -3],
    ['is unknown after its end', 'gpu', at(6), undefined],
    ['is unknown before its beginning', 'gpu', at(0) - 1, undefined],
    ['is unknown under another name', 'cpu', at(0), undefined],
  ])('%s', (_, name, instant, value) => {
    expect(trace.valueAt(name, instant)).toBe(value)
  })

  it.each<[string, string, string]>([
    ['another header', 'time,a\n', 'the first line must be `timestamp,` and names of triggers'],
    ['a header of nothing', 'timestamp\n', 'the first line must be `timestamp,` and names of triggers'],
    ['a time that is none', TEXT.replace('2026-11-21T10:01:00Z', 'noon'), 'line 3: the timestamp is not ISO 8601'],
    ['a text for a value', TEXT.replace('0.6', 'much'), 'line 3: a value is a number, or empty where there was none'],
    ['a missing column', TEXT.replace('10,0.5', '10'), 'line 2: has 1 values, not 2'],
    ['a time that goes back', TEXT.replace('10:05', '09:05'), 'line 5: the timestamps do not rise'],
    ['one row', TEXT.split('\n').slice(0, 2).join('\n'), 'a trace has at least two rows'],
  ])('refuses %s', (_, text, message) => {
    expect(() => parseTriggerTrace(text)).toThrow(new TraceInvalidError(message))
  })
})
