import { expect, it } from 'vitest'
import type { Look, Minutes, Node } from '../../../../../../autoscaler/console/page/state/resources.ts'
import { factsOf } from '../../../../../../autoscaler/console/page/words/pool-facts.ts'
import { toPoint } from '../../../../../../autoscaler/routes/history.ts'
import { toMinuteResource } from '../../../../../../autoscaler/routes/minutes.ts'
import { aKept } from '../../../../../fixtures/decisions.ts'
import { sumsOf } from '../../../../../fixtures/minutes.ts'

const NOW = Date.parse('2026-11-21T12:00:30Z')
const MINUTE_MS = 60_000
const lookOf = (overrides: Partial<Look> = {}): Look => ({
  ...toPoint({ ...aKept({ at: NOW - 30_000 }), reason: null }),
  ...overrides,
})
const minuteAgo = (back: number, answered: Record<string, number>): Minutes['minutes'][number] => ({
  ...toMinuteResource({ at: NOW - 30_000 - back * MINUTE_MS, sums: sumsOf() }, 0, MINUTE_MS),
  answered,
})
const NOWHERE = { pool: 'checks', nodes: undefined }
const told = (...minutes: Minutes['minutes']): Minutes => ({ step: 1, minutes })
const by = (looks: readonly Look[] | undefined, minutes: Minutes | undefined) =>
  new Map(factsOf(looks, minutes, NOW, NOWHERE).map((fact) => [fact.name, fact]))

it('says of nothing that it is well while nothing is known', () => {
  for (const { value, level } of factsOf(undefined, undefined, NOW, NOWHERE)) {
    expect(value).toBe('unknown')
    expect(['unknown', 'note']).toContain(level)
  }
})

it('tells of the last minute that is over, and not of the one that is under way', () => {
  const facts = by([lookOf()], told(minuteAgo(1, { succeeded: 600 }), minuteAgo(0, { succeeded: 3 })))
  expect(facts.get('Offered')).toMatchObject({ value: '30/s', note: '10/s served' })
  expect(facts.get('p95 to answer')?.level).toBe('well')
  expect(facts.get('Not served')).toMatchObject({ value: '0 %', level: 'well' })
})

it('does not tell of minutes long gone as if they were now', () => {
  expect(by([lookOf()], told(minuteAgo(30, { succeeded: 600 }))).get('Not served')?.level).toBe('unknown')
})

it('does not tell of a look long gone as if it were now', () => {
  const facts = by(
    [lookOf({ at: new Date(NOW - 30 * MINUTE_MS).toISOString(), waiting: 900, ageSeconds: 8 })],
    undefined,
  )
  expect(facts.get('Offered')?.value).toBe('unknown')
  expect(facts.get('Waiting')).toMatchObject({ value: 'unknown', note: '', level: 'unknown' })
})

it('tells refusals from errors', () => {
  const refused = by([lookOf()], told(minuteAgo(1, { succeeded: 90, refused: 10, invalid: 500 })))
  expect(refused.get('Not served')).toMatchObject({ value: '10 %', note: '0 % errors, 10 % refused', level: 'watch' })
  const wrong = by([lookOf()], told(minuteAgo(1, { succeeded: 95, error: 5 })))
  expect(wrong.get('Not served')).toMatchObject({ level: 'bad' })
})

it('says that a queue is bad by how long the first in it has waited', () => {
  expect(by([lookOf({ waiting: 900, ageSeconds: 0.4 })], undefined).get('Waiting')).toMatchObject({
    value: '900',
    level: 'well',
  })
  expect(by([lookOf({ waiting: null, ageSeconds: 8 })], undefined).get('Waiting')).toMatchObject({
    note: 'oldest 8 s',
    level: 'bad',
  })
})

it('tells how busy the GPUs of its own workers are, where they tell', () => {
  const gpuOf = (name: string, utilisation: number | null) => ({ name, utilisation })
  const workerOf = (pool: string, ...devices: string[]) => ({ pool, devices })
  const nodes = [
    {
      workers: [workerOf('checks', 'cuda:0'), workerOf('ocr', 'cuda:1')],
      devices: [gpuOf('cuda:0', 0.9), gpuOf('cuda:1', 0.1)],
    },
    { workers: [workerOf('checks', 'cuda:0'), workerOf('checks', 'cuda:0')], devices: [gpuOf('cuda:0', 0.5)] },
    { workers: [workerOf('checks', 'cuda:0')], devices: [gpuOf('cuda:0', null)] },
    { state: 'silent', workers: [workerOf('checks', 'cuda:0')], devices: [gpuOf('cuda:0', 1)] },
  ] as unknown as readonly Node[]
  const gpuFact = (pool: string) =>
    factsOf(undefined, undefined, NOW, { pool, nodes }).find(({ name }) => name === 'GPU busy')
  expect(gpuFact('checks')).toMatchObject({ value: '70 %', note: 'mean of 2 GPUs' })
  expect(gpuFact('ocr')).toMatchObject({ value: '10 %', note: 'mean of 1 GPU' })
  expect(gpuFact('liveness')).toBeUndefined()
})
