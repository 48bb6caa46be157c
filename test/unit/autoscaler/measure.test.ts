import { describe, expect, it } from 'vitest'
import { createMeasure, type MeasureDeps } from '../../../autoscaler/measure.ts'
import { UnavailableError } from '../../../infra/domain/errors.ts'
import type { PoolLoad } from '../../../infra/ports/dispatcher.ts'
import type { FleetView } from '../../../infra/ports/fleet.ts'
import { aMessage } from '../../contract/job-queue.ts'
import { createMemoryBootRecord } from '../../fakes/boot-record.ts'
import { createMemoryCapacityStore } from '../../fakes/capacity-store.ts'
import { MemoryDecisionStore } from '../../fakes/decision-store.ts'
import { createMemoryDemandStore } from '../../fakes/demand-store.ts'
import { createMemoryJobQueue } from '../../fakes/job-queue.ts'
import { createMemoryJobStore } from '../../fakes/job-store.ts'
import { createMemoryOpenWork } from '../../fakes/open-work.ts'
import { aKept } from '../../fixtures/decisions.ts'
import { aClaim, aNewJob } from '../../fixtures/jobs.ts'

const MINUTE = 60_000
/** A whole minute. */
const NOON = Date.UTC(2026, 10, 21, 12)
const LOAD: PoolLoad = { windowCount: 40, dispatchedCount: 40, heldCount: 7, ratePerSecond: 50 }
const VIEW: FleetView = { desiredCount: 5, placedCount: 5, runningCount: 5, bounds: undefined, version: '17' }
const away = async (): Promise<never> => {
  throw new UnavailableError('it', new Error('away'))
}
const never = () => new Promise<never>(() => {})

/** Half a minute past noon by the database's clock, unless told; this process's own goes as it likes. */
const start = ({ at = NOON + 30_000, ownAheadMs = 0 } = {}) => {
  const time = { at }
  const now = () => time.at
  const jobs = createMemoryJobStore(now)
  const queue = createMemoryJobQueue(['ocr'])
  const world = {
    ...{ time, jobs, queue, demand: createMemoryDemandStore(now), decisions: new MemoryDecisionStore() },
    ...{ boots: createMemoryBootRecord(now), capacities: createMemoryCapacityStore(now) },
  }
  const deps: MeasureDeps = {
    ...world,
    work: createMemoryOpenWork(jobs, now),
    dispatcher: { load: async () => LOAD },
    fleet: { view: async () => VIEW },
    models: { list: async () => [{ task: 'ocr', models: [{ name: 'a', version: '1.0.0', digest: 'sha256:00' }] }] },
    clock: { now: () => now() + ownAheadMs, monotonic: now },
  }
  const look = (overrides: Partial<MeasureDeps> = {}) =>
    createMeasure({ ...deps, ...overrides }, CONFIG)('ocr').then(({ measurement }) => measurement)
  return { ...world, deps, look }
}
const CONFIG = {
  ...{ pools: [{ name: 'ocr', tasks: ['ocr'] }] as const, bootMs: 180_000 },
  ...{ capacityPerNode: () => 7, readTimeoutMs: 50 },
}

const aCount = (offeredCount: number, minute: number) => ({ pool: 'ocr', minute, offeredCount, refusedCount: 0 })

describe('demand', () => {
  it('is the rate of the last minute that everybody has told whole, and how long ago that ended', async () => {
    const { demand, look } = start()
    await demand.put('one', [aCount(600, NOON - MINUTE), aCount(9, NOON)], NOON + 30_000)
    await demand.put('two', [aCount(300, NOON - MINUTE)], NOON + 30_000)
    expect(await look()).toMatchObject({ at: NOON + 30_000, rate: { value: 15, ageMs: 30_000 } })
  })

  it('is that of the minute before while somebody has not told the last one to its end', async () => {
    const { demand, time, look } = start({ at: NOON - 1_000 })
    await demand.put('one', [aCount(600, NOON - 2 * MINUTE), aCount(10, NOON - MINUTE)], NOON - 1_000)
    time.at = NOON + 3_000
    expect((await look()).rate).toEqual({ value: 10, ageMs: 63_000 })
  })

  it('is nothing, not unknown, while processes tell that nothing is wanted', async () => {
    const { demand, look } = start()
    await demand.put('one', [], NOON + 30_000)
    expect((await look()).rate).toEqual({ value: 0, ageMs: 30_000 })
  })

  it('grows old when nobody tells any more, and is no sudden nothing', async () => {
    const { demand, time, look } = start()
    await demand.put('one', [aCount(600, NOON - MINUTE)], NOON + 30_000)
    time.at += 4 * MINUTE
    const { rate, sources } = await look()
    expect(rate).toEqual({ value: 10, ageMs: 30_000 + 4 * MINUTE })
    expect(sources).toMatchObject({ count: 1, silentCount: 1, heardMs: 4 * MINUTE })
  })

  it('is unknown when nobody ever told', async () => {
    expect(await start().look()).toMatchObject({ rate: undefined, sources: { count: 0, heardMs: undefined } })
  })

  it('comes with how far clocks are off, this process’s too', async () => {
    const { demand, look } = start({ ownAheadMs: -45_000 })
    await demand.put('one', [], NOON + 30_000 + 20_000)
    expect((await look()).sources?.clockSkewMs).toBe(45_000)
  })
})

describe('jobs', () => {
  it('wait with the broker in both lanes, and in line for it', async () => {
    const { queue, look } = start()
    for (const lane of ['interactive', 'bulk'] as const)
      await queue.publish({ pool: 'ocr', message: aMessage({ task: 'ocr', lane }) })
    expect((await look()).waiting).toEqual({ value: 2 + LOAD.heldCount, ageMs: 0 })
  })

  it('wait by the rows while the dispatcher is away', async () => {
    const { jobs, look } = start()
    for (let count = 0; count < 3; count += 1) await jobs.insert(aNewJob({ task: 'ocr' }))
    expect((await look({ dispatcher: { load: away } })).waiting?.value).toBe(3)
  })

  it('are in hand under a live lease, and open as the rows have them', async () => {
    const { jobs, look } = start()
    const [one, two] = [aNewJob({ task: 'ocr' }), aNewJob({ task: 'ocr' })]
    for (const job of [one, two]) await jobs.insert(job)
    await jobs.claim(aClaim(one.id))
    expect(await look()).toMatchObject({ inHand: { value: 1 }, unfinished: { value: 2 } })
  })

  it('are not known by a broker that has just come back, nor how many workers take them', async () => {
    const { queue, look } = start()
    await queue.consume('ocr', 'interactive', 1, () => {})
    queue.setConnectedMs(59_000)
    expect(await look()).toMatchObject({ waiting: undefined, readyWorkers: undefined, inHand: { value: 0 } })
    queue.setConnectedMs(60_000)
    expect(await look()).toMatchObject({ waiting: { value: 7 }, readyWorkers: { value: 1 } })
  })
})

describe('what cannot be read', () => {
  it.each<[string, Partial<MeasureDeps>, readonly string[]]>([
    ['the rows', { work: { count: away } }, ['inHand', 'unfinished']],
    ['the broker', { queue: { connectedMs: () => MINUTE, depth: away } }, ['waiting', 'readyWorkers']],
    [
      'a broker that is not connected',
      { queue: { connectedMs: () => undefined, depth: away } },
      ['waiting', 'readyWorkers'],
    ],
    ['the fleet', { fleet: { view: away } }, ['asked', 'placed', 'running']],
    ['the fleet, as it does not answer', { fleet: { view: never } }, ['asked', 'placed', 'running']],
    ['the sources', { demand: { minutes: async () => [], sources: away } }, ['rate', 'sources']],
    ['rows that do not answer', { work: { count: never } }, ['inHand', 'unfinished']],
  ])('is unknown and keeps nothing else from being known: %s', async (_what, overrides, unknown) => {
    const { demand, look } = start()
    await demand.put('one', [], NOON + 30_000)
    const measurement = await look(overrides)
    const names = ['rate', 'sources', 'waiting', 'inHand', 'unfinished', 'readyWorkers', 'asked', 'placed', 'running']
    const missing = names.filter((name) => measurement[name as keyof typeof measurement] === undefined)
    expect(missing.sort()).toEqual([...unknown].sort())
  })

  it('says why the fleet did not answer, and else what it answered', async () => {
    const { deps } = start()
    expect(await createMeasure(deps, CONFIG)('ocr')).toMatchObject({ view: VIEW, fleetError: undefined })
    const look = await createMeasure({ ...deps, fleet: { view: away } }, CONFIG)('ocr')
    expect(look).toMatchObject({ view: undefined, fleetError: expect.any(UnavailableError) })
  })

  it('is everything, and still no error', async () => {
    const { deps } = start()
    const gone = {
      ...{ work: { count: away }, demand: { minutes: away, sources: away }, dispatcher: { load: away } },
      ...{ queue: { connectedMs: () => MINUTE, depth: away }, fleet: { view: away }, decisions: { list: away } },
      ...{ boots: { starts: away }, capacities: { latest: away }, models: { list: away } },
    }
    const { measurement } = await createMeasure({ ...deps, ...gone }, CONFIG)('ocr')
    expect(measurement).toMatchObject({ bootMs: 180_000, bootCount: 0, capacityPerNode: 7, capacityMeasured: false })
  })
})

describe('a node', () => {
  it('does what a busy, settled fleet does divided by its nodes', async () => {
    expect((await start().look()).livePerNode).toBe(10)
  })

  it.each<[string, Partial<PoolLoad>, Partial<FleetView>]>([
    ['nothing waits', { heldCount: 0 }, {}],
    ['workers have room', { dispatchedCount: 35 }, {}],
    ['the rate is not known', { ratePerSecond: 0 }, {}],
    ['nodes are starting', {}, { runningCount: 4 }],
    ['nodes are asked for', {}, { desiredCount: 6 }],
    ['there is none', {}, { desiredCount: 0, placedCount: 0, runningCount: 0 }],
  ])('tells nothing while %s', async (_what, load, view) => {
    const { look } = start()
    const overrides = {
      dispatcher: { load: async () => ({ ...LOAD, ...load }) },
      fleet: { view: async () => ({ ...VIEW, ...view }) },
    }
    expect((await look(overrides)).livePerNode).toBeUndefined()
  })

  it('does what was measured, and is doubted where other models run by now', async () => {
    const { capacities, look } = start()
    const measured = { device: 'cpu', workersPerNode: 4, p95Ms: 800, sloMs: 3_000, checksPerSecond: 12 }
    await capacities.save({ ...measured, pool: 'ocr', models: 'a@0.9.0' })
    expect(await look()).toMatchObject({
      capacityPerNode: 12,
      capacityMeasured: true,
      capacityDoubt: 'capacity measured for other models',
    })
  })

  it('boots as long as the last ones did', async () => {
    const { time, decisions, boots, look } = start({ at: NOON - 3_600_000 })
    for (let index = 0; index < 5; index += 1) {
      await decisions.begin(aKept({ pool: 'ocr', at: time.at, from: index, to: index + 1, outcome: 'applied' }))
      time.at += 90_000
      await boots.started(`host-${index}/ocr/0/1`, 'ocr', 0)
      await boots.ready(`host-${index}/ocr/0/1`, 'cpu')
      time.at += 10_000
      await boots.firstJob(`host-${index}/ocr/0/1`)
    }
    expect(await look()).toMatchObject({ bootMs: 100_000, bootCount: 5 })
  })

  it('keeps what was measured of it while it cannot be read again', async () => {
    const { capacities, deps, time } = start()
    const measured = { device: 'cpu', workersPerNode: 4, p95Ms: 800, sloMs: 3_000, checksPerSecond: 12 }
    await capacities.save({ ...measured, pool: 'ocr', models: 'a@1.0.0' })
    let broken = false
    const latest = () => (broken ? away() : capacities.latest())
    const measure = createMeasure({ ...deps, capacities: { latest } }, CONFIG)
    await measure('ocr')
    broken = true
    time.at += 10 * MINUTE
    expect((await measure('ocr')).measurement).toMatchObject({ capacityPerNode: 12, capacityMeasured: true })
  })
})
