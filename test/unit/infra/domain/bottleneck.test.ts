import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BottleneckFacts, bottleneckOf, type Verdict } from '../../../../infra/domain/bottleneck.ts'
import { HOPS, type Hop } from '../../../../infra/domain/hop.ts'
import { mergeSums, type Sums } from '../../../../infra/domain/pool-minute.ts'
import { usualOf } from '../../../../infra/domain/usual.ts'
import { type Look, sumsOf, times } from '../../../fixtures/minutes.ts'

const usual = usualOf(Array.from({ length: 6 }, (_, at) => ({ at, sums: sumsOf() })))
const facts = (hops: Partial<Record<Hop, number>>, look?: Look, more: Partial<BottleneckFacts> = {}) => ({
  ...{ sums: sumsOf(hops, look), usual, waiting: 0, readyWorkers: 4 },
  ...more,
})
const named = (verdict: Verdict) => (verdict.kind === 'bottleneck' ? [verdict.hop, verdict.cause] : [verdict.kind])
const judge = (...args: Parameters<typeof facts>) => named(bottleneckOf(facts(...args)))

const BUSY = { full: 0.95, inferring: 0.3 }
const IN_MODEL = { full: 0.95, inferring: 0.97 }

describe('one hop that is slow', () => {
  it.each<[Hop, string]>([
    ['admit', 'slow-callers'],
    ['store', 'slow-storage'],
    ['insert', 'slow-database'],
    ['publish', 'slow-broker'],
    ['claim', 'slow-database'],
    ['fetch', 'slow-storage'],
    ['decode', 'slow-decoding'],
    ['batch-wait', 'long-gathering'],
    ['infer', 'slow-model'],
    ['write', 'slow-database'],
    ['reply', 'slow-broker'],
  ])('%s is named, with its cause', (hop, cause) => {
    expect(judge({ [hop]: 700 })).toEqual([hop, cause])
  })

  it.each<[Hop]>([['claim'], ['fetch'], ['decode'], ['infer'], ['write']])(
    '%s is named also when jobs wait for the workers it keeps',
    (hop) => {
      const verdict = bottleneckOf(facts({ [hop]: 700, queue: 9_000 }, BUSY, { waiting: 300 }))
      expect(verdict).toMatchObject({ kind: 'bottleneck', hop })
      expect(verdict.kind === 'bottleneck' && verdict.queuedMs).toBeGreaterThan(8_000)
    },
  )

  it('is the one of several that are of the same thing', () => {
    expect(judge({ insert: 200, claim: 210, write: 400, reply: 350 })).toEqual(['write', 'slow-database'])
  })

  it('of the api is named though jobs wait a little for that', () => {
    expect(judge({ publish: 900, queue: 930 })).toEqual(['publish', 'slow-broker'])
  })

  it('of the way to the broker is named also when jobs wait for it while workers have room', () => {
    expect(judge({ publish: 900, queue: 4_000 }, { full: 0.1 })).toEqual(['publish', 'slow-broker'])
  })

  it('of the database is named also when jobs wait for it while workers have room, unless it is little beside that', () => {
    expect(judge({ insert: 500, claim: 300, queue: 2_000 }, { full: 0.2 })).toEqual(['insert', 'slow-database'])
    expect(judge({ insert: 200, claim: 5, queue: 20_000 }, { full: 0.2 })).toEqual(['queue', 'idle-workers'])
  })

  it('is the api itself where all it does is slow at once, and workers reach the same servers as usual', () => {
    const all = { store: 400, insert: 380, publish: 390, reply: 600 }
    expect(bottleneckOf(facts({ ...all, queue: 420 }))).toMatchObject({
      ...{ hop: 'reply', cause: 'busy-api', confidence: 'high' },
    })
    expect(judge({ ...all, fetch: 400, claim: 390, write: 390 })).toEqual(['claim', 'slow-database'])
    expect(judge({ publish: 390, reply: 600 })).toEqual(['reply', 'slow-broker'])
  })

  it('is the largest', () => {
    expect(judge({ fetch: 500, decode: 900 })).toEqual(['decode', 'slow-decoding'])
  })
})

describe('jobs that wait for a worker', () => {
  it('are too many for workers that are busy as usual', () => {
    expect(judge({ queue: 5_000 }, BUSY, { waiting: 80 })).toEqual(['queue', 'few-workers'])
    expect(judge({ queue: 5_000, 'batch-wait': 600 }, IN_MODEL)).toEqual(['queue', 'few-workers'])
  })

  it('are too many also where full batches take longer than small ones', () => {
    expect(judge({ queue: 5_000, infer: 640, 'batch-wait': 640 }, { ...IN_MODEL, batchSize: 4 })).toEqual([
      'queue',
      'few-workers',
    ])
  })

  it('wait for a model that has become slower with each job', () => {
    expect(judge({ queue: 5_000, infer: 1_600, 'batch-wait': 900 }, { ...IN_MODEL, batchSize: 2 })).toEqual([
      'infer',
      'slow-model',
    ])
  })

  it('came all at once to workers that have room the rest of the time: there are too few of them then', () => {
    const burst = sumsOf({ queue: 5_000 }, { jobs: 300, ...BUSY })
    const quiet = { present: burst.present, slots: burst.slots, threads: burst.threads } as Sums
    const minutes = [quiet, quiet, burst, quiet, quiet]
    const verdict = bottleneckOf(facts({}, {}, { sums: mergeSums(minutes), minutes }))
    expect(verdict).toMatchObject({ hop: 'queue', cause: 'few-workers', confidence: 'high' })
    const steady = Array.from({ length: 5 }, () => sumsOf({ queue: 5_000 }, { full: 0.1 }))
    expect(bottleneckOf(facts({}, {}, { sums: mergeSums(steady), minutes: steady }))).toMatchObject({
      cause: 'idle-workers',
    })
  })

  it('waited for a minute while workers were away, or too many came: nobody can tell which by that', () => {
    const [well, away] = [sumsOf({}, { full: 0.1 }), sumsOf({ queue: 15_000 }, { full: 0.1 })]
    const minutes = [well, well, away, well, well]
    const verdict = bottleneckOf(facts({}, {}, { sums: mergeSums(minutes), minutes }))
    expect(verdict).toMatchObject({ hop: 'queue', cause: 'few-workers', confidence: 'low' })
  })

  it('do not reach workers that have room', () => {
    expect(judge({ queue: 5_000 }, { full: 0.1 }, { waiting: 80 })).toEqual(['queue', 'idle-workers'])
  })

  const present = { present: times(1, 60_000), busy: times(1, 0), slots: times(1, 480_000), 'in-hand': times(1, 0) }
  const standing = (more: Partial<BottleneckFacts>) =>
    bottleneckOf({ sums: { 'hop/insert': times(30, 5) }, usual, waiting: 30, readyWorkers: 4, ...more })

  it.each<[string, Partial<BottleneckFacts>, string]>([
    ['there is none', { readyWorkers: 0 }, 'no-workers'],
    ['those that are there get nothing', { sums: present }, 'idle-workers'],
  ])('and of which none is taken, because %s', (_why, more, cause) => {
    const verdict = standing(more)
    expect(named(verdict)).toEqual(['queue', cause])
    expect(verdict).toMatchObject({ missed: true, confidence: 'medium' })
  })

  it('and of which none is taken are few: that may be a job that has just come', () => {
    expect(standing({ readyWorkers: 0, waiting: 1 })).toMatchObject({ kind: 'bottleneck', confidence: 'low' })
  })

  it('are nobody’s fault while workers tell nothing of themselves', () => {
    expect(named(standing({}))).toEqual(['unknown'])
    expect(named(standing({ readyWorkers: undefined }))).toEqual(['unknown'])
  })
})

describe('a pool', () => {
  it('that does as usual has no bottleneck, also under load', () => {
    expect(judge({})).toEqual(['within'])
    expect(judge({ queue: 120, infer: 320, 'batch-wait': 80 }, { full: 0.6, inferring: 0.7, batchSize: 2 })).toEqual([
      'within',
    ])
  })

  it('of which too little is known is not judged', () => {
    expect(judge({ fetch: 900 }, { jobs: 9 })).toEqual(['unknown'])
    expect(named(bottleneckOf({ sums: {}, usual: usualOf([]), waiting: undefined, readyWorkers: undefined }))).toEqual([
      'unknown',
    ])
  })

  it('of which nothing is known from before is judged by what hops may take', () => {
    const before = { usual: usualOf([]) }
    expect(judge({ fetch: 900 }, {}, before)).toEqual(['fetch', 'slow-storage'])
    expect(judge({}, {}, before)).toEqual(['within'])
  })

  it('misses the objective when callers wait too long', () => {
    const sums = mergeSums([sumsOf({ fetch: 900 }), { wait: times(20, 5_000) }])
    expect(bottleneckOf(facts({}, {}, { sums }))).toMatchObject({ hop: 'fetch', missed: true })
    expect(bottleneckOf(facts({ fetch: 900 }))).toMatchObject({ hop: 'fetch', missed: false })
  })

  it('misses it no more when the last callers are answered in time: what was a moment ago is over', () => {
    const [slow, well] = [mergeSums([sumsOf({ fetch: 900 }), { wait: times(90, 5_000) }]), sumsOf()]
    const judgeMinutes = (...minutes: readonly Sums[]) =>
      bottleneckOf(facts({}, {}, { sums: mergeSums(minutes), minutes }))
    expect(judgeMinutes(well, well, well, slow, slow)).toMatchObject({ kind: 'bottleneck', missed: true })
    expect(judgeMinutes(slow, slow, well, well, well)).toMatchObject({ kind: 'bottleneck', missed: false })
  })

  it('is judged with more confidence by more jobs and a clearer share', () => {
    const confidence = (...args: Parameters<typeof facts>) => {
      const verdict = bottleneckOf(facts(...args))
      return verdict.kind === 'bottleneck' ? [verdict.confidence, Math.round(verdict.share * 10)] : verdict.kind
    }
    expect(confidence({ fetch: 900 })).toEqual(['high', 10])
    expect(confidence({ fetch: 900, decode: 800 })).toEqual(['medium', 5])
    expect(confidence({ fetch: 900, decode: 860, admit: 870 })).toEqual(['low', 3])
    expect(confidence({ fetch: 900 }, { jobs: 12 })).toEqual(['low', 10])
  })
})

it('names a hop that takes longer than all others together over what is usual, whatever they do', () => {
  const aTime = fc.double({ min: 0, max: 60, noNaN: true })
  const others = fc.record(Object.fromEntries(HOPS.map((hop) => [hop, aTime])) as Record<Hop, typeof aTime>)
  const hops = HOPS.filter((hop) => hop !== 'queue')
  fc.assert(
    fc.property(
      others,
      fc.constantFrom(...hops),
      fc.double({ min: 2_000, max: 60_000, noNaN: true }),
      (ms, hop, slow) => {
        expect(judge({ ...ms, [hop]: slow }, { jobs: 20 })[0]).toBe(hop)
      },
    ),
    { numRuns: 50 },
  )
})
