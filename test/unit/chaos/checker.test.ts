import { expect, it } from 'vitest'
import { type Acknowledgement, check, type History, type Observation } from '../../chaos/checker.ts'

const aHistory = (overrides: Partial<History> = {}): History => ({
  attempts: [{ key: 'k1', size: '48x48' }],
  acknowledgements: [anAck()],
  observations: [anObservation()],
  runs: ['48x48'],
  ...overrides,
})
const anAck = (overrides: Partial<Acknowledgement> = {}): Acknowledgement => ({
  key: 'k1',
  id: 'j1',
  tries: 1,
  ...overrides,
})
const anObservation = (overrides: Partial<Observation> = {}): Observation => ({
  id: 'j1',
  status: 'succeeded',
  code: null,
  size: '48x48',
  outcome: 'succeeded 0.5',
  ...overrides,
})

it('finds nothing wrong with a job that was promised and done', () => {
  expect(check(aHistory())).toEqual({
    attempted: 1,
    acknowledged: 1,
    finished: 1,
    refused: 0,
    recovered: 0,
    lost: 0,
    second: 0,
    unexpected: 0,
    duplicated: 0,
    violations: [],
  })
})

it('counts a job that was promised and is never over as lost', () => {
  const account = check(aHistory({ observations: [] }))
  expect(account).toMatchObject({ lost: 1, finished: 0, violations: [{ kind: 'lost', id: 'j1' }] })
})

it('counts a caller that was never promised anything as refused, and not as lost', () => {
  expect(check(aHistory({ acknowledgements: [], observations: [], runs: [] }))).toMatchObject({ refused: 1, lost: 0 })
})

it('counts a promise that took a second call as recovered', () => {
  expect(check(aHistory({ acknowledgements: [anAck({ tries: 3 })] }))).toMatchObject({ recovered: 1 })
  expect(check(aHistory({ acknowledgements: [anAck(), anAck({ tries: 2 })] }))).toMatchObject({ recovered: 0 })
})

it.each<readonly [string, Partial<History>]>([
  ['another score', { observations: [anObservation(), anObservation({ outcome: 'succeeded 0.7' })] }],
  ['another state', { observations: [anObservation(), anObservation({ outcome: 'failed INFERENCE_FAILED' })] }],
  ['two jobs of one key', { acknowledgements: [anAck(), anAck({ id: 'j2' })] }],
])('takes %s for a second outcome', (_name, overrides) => {
  expect(check(aHistory(overrides)).second).toBe(1)
})

it('takes the same outcome, seen again, for one', () => {
  expect(check(aHistory({ observations: [anObservation(), anObservation()] })).second).toBe(0)
})

it.each<readonly [string, Partial<History>]>([
  ['of another picture', { observations: [anObservation({ size: '49x48' })] }],
  ['nobody was promised', { observations: [anObservation(), anObservation({ id: 'j9' })] }],
  ['that is a failure', { observations: [anObservation({ status: 'failed', code: 'WORKER_LOST' })] }],
  ['that is too late', { observations: [anObservation({ status: 'expired', code: 'DEADLINE_EXCEEDED' })] }],
  [
    'of a row that no caller asked for',
    {
      rows: [
        { id: 'j1', key: 'k1' },
        { id: 'j5', key: 'k5' },
      ],
    },
  ],
])('does not expect an outcome %s', (_name, overrides) => {
  expect(check(aHistory(overrides)).unexpected).toBe(1)
})

it('excuses a failure that the fault explains, and no other', () => {
  const failed = (code: string) => aHistory({ observations: [anObservation({ status: 'failed', code })] })
  expect(check(failed('STORAGE_UNAVAILABLE'), ['STORAGE_UNAVAILABLE']).unexpected).toBe(0)
  expect(check(failed('WORKER_LOST'), ['STORAGE_UNAVAILABLE']).unexpected).toBe(1)
})

it('allows the model to run twice, and says how often', () => {
  expect(check(aHistory({ runs: ['48x48', '48x48', '48x48'] }))).toMatchObject({ duplicated: 2, violations: [] })
})
