import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { createDemandCounter, startTellingDemand } from '../../../api/demand.ts'
import { UnavailableError } from '../../../infra/domain/errors.ts'
import type { DemandStore } from '../../../infra/ports/demand-store.ts'
import { createDemandStore } from '../../../infra/postgres/demand-store.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../infra/postgres/pool.ts'
import { systemClock } from '../../../infra/runtime/clock.ts'
import { silence } from '../../fixtures/silence.ts'

const url = process.env.DATABASE_URL as string
const WAIT = { timeout: 20_000, interval: 10 }
let db: Database
const ends: (() => Promise<void>)[] = []
beforeAll(async () => {
  await migrate(url, silence().log)
  db = openPool({ url, maxCount: 4 })
})
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})
afterAll(() => db.end())

const start = () => {
  const [store, pool] = [createDemandStore(db), `pool-${randomUUID().slice(0, 8)}`]
  const sum = async () => {
    const minutes = await store.minutes(pool, Date.now() - 3_600_000, Date.now() + 3_600_000)
    return minutes.reduce(
      (total, { offeredCount, refusedCount }) => ({
        offered: total.offered + offeredCount,
        refused: total.refused + refusedCount,
      }),
      { offered: 0, refused: 0 },
    )
  }
  /** One api process as far as demand goes. */
  const aProcess = (through: Pick<DemandStore, 'put' | 'leave'> = store) => {
    const [counter, source] = [createDemandCounter(systemClock), randomUUID()]
    const deps = { counter, store: through, clock: systemClock, log: silence().log }
    const telling = startTellingDemand(deps, { source, everyMs: 10 })
    ends.push(() => telling.stop())
    const isKnown = async () => (await store.sources()).some((one) => one.source === source)
    return { counter, telling, isKnown }
  }
  return { store, pool, sum, aProcess }
}

it('adds up what several processes are asked for, without losing or doubling any', async () => {
  const { pool, sum, aProcess } = start()
  const processes = [aProcess(), aProcess(), aProcess()]
  for (let count = 0; count < 200; count += 1) {
    for (const { counter } of processes) counter.taken(pool)
    if (count % 10 === 0) processes[0]?.counter.refused(pool)
    if (count % 50 === 0) await processes[1]?.isKnown()
  }
  await vi.waitFor(async () => expect(await sum()).toEqual({ offered: 620, refused: 20 }), WAIT)
})

it('loses with a process that dies what it had not told yet, and no more; its heir begins anew', async () => {
  const { store, pool, sum, aProcess } = start()
  let dead = false
  const mortal = {
    leave: store.leave,
    // A process that is gone says nothing, not even that it leaves.
    put: async (...told: Parameters<DemandStore['put']>) => (dead ? undefined : store.put(...told)),
  }
  const first = aProcess({ ...mortal, leave: async () => {} })
  for (let count = 0; count < 7; count += 1) first.counter.taken(pool)
  await vi.waitFor(async () => expect(await sum()).toMatchObject({ offered: 7 }), WAIT)
  dead = true
  for (let count = 0; count < 3; count += 1) first.counter.taken(pool)
  const heir = aProcess()
  for (let count = 0; count < 5; count += 1) heir.counter.taken(pool)
  await vi.waitFor(async () => expect(await sum()).toMatchObject({ offered: 12 }), WAIT)
  await Promise.all([first.telling.stop(), heir.telling.stop()])
  expect([await sum(), await first.isKnown(), await heir.isKnown()]).toEqual([{ offered: 12, refused: 0 }, true, false])
})

it('tells everything when the database is back, also what it took without saying so', async () => {
  const { store, pool, sum, aProcess } = start()
  let away = true
  let tries = 0
  const shaky = {
    leave: store.leave,
    async put(...told: Parameters<DemandStore['put']>) {
      tries += 1
      // Away it does what it is told every other time, and never says so.
      if (!away || tries % 2 === 0) await store.put(...told)
      if (away) throw new UnavailableError('postgres', new Error('cut off'))
    },
  }
  const { counter, telling } = aProcess(shaky)
  for (let count = 0; count < 40; count += 1) counter.refused(pool)
  await vi.waitFor(() => expect(tries).toBeGreaterThan(4), WAIT)
  for (let count = 0; count < 2; count += 1) counter.taken(pool)
  away = false
  await vi.waitFor(async () => expect(await sum()).toEqual({ offered: 42, refused: 40 }), WAIT)
  await telling.stop()
  expect(await sum()).toEqual({ offered: 42, refused: 40 })
})
