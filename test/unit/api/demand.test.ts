import { describe, expect, it } from 'vitest'
import { createDemandCounter, type DemandCounter, startTellingDemand } from '../../../api/demand.ts'
import { UnavailableError } from '../../../infra/domain/errors.ts'
import type { DemandStore } from '../../../infra/ports/demand-store.ts'
import { createMemoryDemandStore } from '../../fakes/demand-store.ts'
import { eventually } from '../../fixtures/eventually.ts'
import { silence } from '../../fixtures/silence.ts'

const MINUTE_MS = 60_000
const NOON = Date.UTC(2026, 10, 21, 12)

const aClock = (now = NOON) => {
  const clock = {
    at: now,
    now: () => clock.at,
  }
  return clock
}

describe('the counter', () => {
  it('counts what was taken and what was refused, by pool and minute', () => {
    const clock = aClock(NOON + 59_999)
    const counter = createDemandCounter(clock)
    counter.taken('ocr')
    counter.refused('ocr')
    counter.taken('faces')
    clock.at += 1
    counter.taken('ocr')
    expect(counter.untold()).toEqual([
      { pool: 'ocr', minute: NOON, offeredCount: 2, refusedCount: 1 },
      { pool: 'faces', minute: NOON, offeredCount: 1, refusedCount: 0 },
      { pool: 'ocr', minute: NOON + MINUTE_MS, offeredCount: 1, refusedCount: 0 },
    ])
  })

  it('tells totals again only when they have grown, also while they were being told', () => {
    const counter = createDemandCounter(aClock())
    counter.taken('ocr')
    const telling = counter.untold()
    counter.taken('ocr')
    counter.told(telling)
    expect(counter.untold()).toEqual([{ pool: 'ocr', minute: NOON, offeredCount: 2, refusedCount: 0 }])
    counter.told(counter.untold())
    expect(counter.untold()).toEqual([])
  })

  it('goes on with a minute that has been told when the clock is set back', () => {
    const clock = aClock(NOON + MINUTE_MS)
    const counter = createDemandCounter(clock)
    clock.at = NOON
    counter.taken('ocr')
    counter.told(counter.untold())
    clock.at = NOON + MINUTE_MS
    counter.taken('ocr')
    counter.told(counter.untold())
    clock.at = NOON + 1
    counter.taken('ocr')
    expect(counter.untold()).toEqual([{ pool: 'ocr', minute: NOON, offeredCount: 2, refusedCount: 0 }])
  })

  it('keeps what could not be told, however long', () => {
    const clock = aClock()
    const counter = createDemandCounter(clock)
    counter.taken('ocr')
    clock.at += 26 * 60 * MINUTE_MS
    counter.told([])
    expect(counter.untold()).toMatchObject([{ minute: NOON, offeredCount: 1 }])
  })
})

describe('telling', () => {
  const start = (counter: DemandCounter, overrides: Partial<DemandStore> = {}) => {
    const clock = aClock()
    const store = createMemoryDemandStore(clock.now)
    const deps = { counter, store: { ...store, ...overrides }, clock, log: silence().log }
    return { store, telling: startTellingDemand(deps, { source: 'one', everyMs: 1 }) }
  }
  const all = async (store: DemandStore) => store.minutes('ocr', 0, Number.POSITIVE_INFINITY)

  it('also says that nothing was wanted', async () => {
    const { store, telling } = start(createDemandCounter(aClock()))
    await eventually(async () => expect(await store.sources()).toMatchObject([{ source: 'one', aheadMs: 0 }]))
    await telling.stop()
  })

  it('tells what is left and takes its leave at the end', async () => {
    const counter = createDemandCounter(aClock())
    const { store, telling } = start(counter)
    await eventually(async () => expect(await store.sources()).toHaveLength(1))
    counter.taken('ocr')
    await telling.stop()
    expect(await all(store)).toMatchObject([{ offeredCount: 1 }])
    expect(await store.sources()).toEqual([])
  })

  it('tells it later while the database is away', async () => {
    const counter = createDemandCounter(aClock())
    let tries = 0
    const { store, telling } = start(counter, {
      async put(...told) {
        tries += 1
        if (tries < 3) throw new UnavailableError('postgres', new Error('away'))
        return store.put(...told)
      },
    })
    counter.taken('ocr')
    await eventually(async () => expect(await all(store)).toMatchObject([{ offeredCount: 1 }]))
    await telling.stop()
  })

  it('counts nothing twice that the database took without its answer coming through', async () => {
    const counter = createDemandCounter(aClock())
    let lost = 0
    const { store, telling } = start(counter, {
      async put(...told) {
        await store.put(...told)
        if (lost < 3) {
          lost += 1
          counter.refused('ocr')
          throw new UnavailableError('postgres', new Error('cut off'))
        }
      },
    })
    counter.taken('ocr')
    await eventually(async () => expect(await all(store)).toMatchObject([{ offeredCount: 4, refusedCount: 3 }]))
    await telling.stop()
    expect(await all(store)).toMatchObject([{ offeredCount: 4, refusedCount: 3 }])
  })
})
