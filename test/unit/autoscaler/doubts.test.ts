import { describe, expect, it } from 'vitest'
import { type DoubtContext, doubtsOf } from '../../../autoscaler/doubts.ts'
import type { Measurement, Signal } from '../../../infra/domain/scaling.ts'
import { aMeasurement } from '../../fixtures/decisions.ts'

const CONTEXT: DoubtContext = {
  periodMs: 30_000,
  schedule: { floor: undefined, ceiling: undefined, by: [] },
  collapsedMs: 0,
}
const SOURCES = { count: 2, silentCount: 0, heardMs: 1_000, clockSkewMs: 0 }
const seen = (value: number, ageMs = 500): Signal => ({ value, ageMs })

const doubts = (measurement: Partial<Measurement> = {}, context: Partial<DoubtContext> = {}) =>
  doubtsOf(aMeasurement({ sources: SOURCES, ...measurement }), { ...CONTEXT, ...context })

it('has none about a pool that tells everything', () => {
  expect(doubts()).toEqual([])
})

describe('F27, stale or missing', () => {
  it.each<[string, Partial<Measurement>, string]>([
    ['the demand', { rate: undefined }, 'the demand is unknown'],
    ['the demand, as old', { rate: seen(30, 121_000) }, 'the demand is 121 s old'],
    ['who tells of it', { sources: undefined }, 'it is not known who tells of the demand'],
    ['depth', { waiting: undefined }, 'the depth of the queues is unknown'],
    ['depth, as old', { waiting: seen(0, 61_000) }, 'the depth of the queues is 61 s old'],
    ['work in hand', { inHand: undefined }, 'the count of jobs in hand is unknown'],
    ['open jobs', { unfinished: undefined }, 'the count of open jobs is unknown'],
    ['ready workers', { readyWorkers: undefined }, 'the count of ready workers is unknown'],
    ['asked', { asked: undefined }, 'the count of nodes asked for is unknown'],
    ['placed', { placed: undefined }, 'the count of nodes placed is unknown'],
    ['running', { running: seen(5, 75_000) }, 'the count of nodes running is 75 s old'],
  ])('%s', (_what, measurement, words) => {
    expect(doubts(measurement)).toEqual([words])
  })

  it('lets demand be two minutes old, as it comes by the minute, and the rest two looks', () => {
    expect(doubts({ rate: seen(30, 120_000), waiting: seen(0, 60_000), running: seen(5, 60_000) })).toEqual([])
    expect(doubts({ waiting: seen(0, 3_000) }, { periodMs: 1_000 })).toEqual(['the depth of the queues is 3 s old'])
  })

  it('has one for each signal when the broker has just come back', () => {
    expect(doubts({ waiting: undefined, readyWorkers: undefined })).toHaveLength(2)
  })
})

describe('F27, sources of demand', () => {
  it.each<[string, Partial<typeof SOURCES> | { heardMs: undefined }, readonly string[]]>([
    ['nobody tells', { count: 0, heardMs: undefined }, ['no api process tells of its demand']],
    ['nobody has told for long', { heardMs: 31_000 }, ['no word of the demand for 31 s']],
    ['one fell silent', { silentCount: 1 }, ['1 of 2 api processes fell silent without taking their leave']],
    ['a clock is wrong', { clockSkewMs: 45_000 }, ["a clock is 45 s off the database's"]],
    ['a clock is a little off', { clockSkewMs: 30_000 }, []],
    ['a word comes late', { heardMs: 30_000 }, []],
  ])('%s', (_what, sources, words) => {
    expect(doubts({ sources: { ...SOURCES, ...sources } })).toEqual(words)
  })
})

describe('F27, the database against the broker', () => {
  const between = (waiting: number, inHand: number, unfinished: number) =>
    doubts({ waiting: seen(waiting), inHand: seen(inHand), unfinished: seen(unfinished) })

  it('doubts both when one has more than twice as much', () => {
    expect(between(0, 10, 100)).toEqual(['the broker and the workers have 10 jobs, the database 100'])
    expect(between(100, 10, 50)).toEqual(['the broker and the workers have 110 jobs, the database 50'])
  })

  it.each([
    ['they are equal', 50, 50, 100],
    ['one has twice as much', 40, 10, 100],
    ['it is about a few jobs', 0, 0, 20],
    ['there is nothing', 0, 0, 0],
  ])('believes them when %s', (_what, waiting, inHand, unfinished) => {
    expect(between(waiting, inHand, unfinished)).toEqual([])
  })
})

describe('a collapse of the demand', () => {
  const WORDS = 'demand is less than half of what this time of the week had, for 5 min now'

  it('is a fault on the way here, for an hour', () => {
    expect(doubts({}, { collapsedMs: 300_000 })).toEqual([WORDS])
    expect(doubts({}, { collapsedMs: 3_600_000 })).toHaveLength(1)
    expect(doubts({}, { collapsedMs: 3_660_000 })).toEqual([])
  })

  it('is none where people wrote down that little is to come', () => {
    const schedule = { floor: undefined, ceiling: 2, by: ['holiday'] }
    expect(doubts({}, { collapsedMs: 300_000, schedule })).toEqual([])
  })
})

it('is none where the capacity was measured of other models: a release must not keep nodes for ever', () => {
  expect(doubts({ capacityDoubt: 'capacity measured for other models' })).toEqual([])
})

it('names every reason there is', () => {
  expect(doubts({ asked: undefined, sources: undefined }, { collapsedMs: 60_000 })).toHaveLength(3)
})
