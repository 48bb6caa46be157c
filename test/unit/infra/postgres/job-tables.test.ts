import fc from 'fast-check'
import { v7 as uuidv7 } from 'uuid'
import { describe, expect, it } from 'vitest'
import { byTable, createJobTables, createOnTable, onTable, tableOf } from '../../../../infra/postgres/job-tables.ts'

const DAY_MS = 86_400_000
const TODAY = Date.UTC(2026, 10, 21)
const idAt = (ms: number): string => {
  const digits = `${ms.toString(16).padStart(12, '0')}${'0'.repeat(20)}`
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
const day = (ahead: number) => ({
  name: `job_day_${ahead}`,
  firstId: idAt(TODAY + ahead * DAY_MS),
  endId: idAt(TODAY + (ahead + 1) * DAY_MS),
})
const DAYS = [day(2), day(1), day(0), { name: 'job_before', firstId: undefined, endId: idAt(TODAY) }]
const aJobAt = (ms: number) => uuidv7({ msecs: ms })

describe('the table of a job', () => {
  it('is the one of the day its id was made, whatever the moment', () => {
    const moment = fc.integer({ min: TODAY - 400 * DAY_MS, max: TODAY + 3 * DAY_MS - 1 })
    fc.assert(
      fc.property(moment, (ms) => {
        const number = Math.floor((ms - TODAY) / DAY_MS)
        expect(tableOf(DAYS, aJobAt(ms))).toBe(number < 0 ? 'job_before' : `job_day_${number}`)
      }),
    )
  })

  it.each([
    ['a day that is not known', aJobAt(TODAY + 9 * DAY_MS)],
    ['no time at all', 'ffffffff-ffff-4fff-8fff-ffffffffffff'],
    ['an id in capitals', aJobAt(TODAY).toUpperCase()],
    ['no id', 'x'],
  ])('is the whole for %s', (_what, id) => {
    expect(tableOf(DAYS, id)).toBe('job')
  })

  it('is the whole as long as there are no days', () => {
    expect(tableOf([], aJobAt(TODAY))).toBe('job')
  })

  it('is asked once for all jobs of a day', () => {
    const ids = [0, 1, 0, 1, 1].map((ahead) => ({ id: aJobAt(TODAY + ahead * DAY_MS + 5) }))
    const counts = [...byTable(DAYS, ids)].map(([table, some]) => [table, some.length])
    expect(counts).toEqual([
      ['job_day_0', 2],
      ['job_day_1', 3],
    ])
  })
})

describe('a statement', () => {
  const statement = { name: 'job.x', text: 'update {job} set a = 1 from {job seen} where seen.id = job.id' }

  it('is itself for the whole, and another prepared one for a day', () => {
    expect(onTable(statement, 'job')).toEqual({
      name: 'job.x',
      text: 'update job set a = 1 from job as seen where seen.id = job.id',
    })
    expect(onTable(statement, 'job_1')).toEqual({
      name: 'job.x job_1',
      text: 'update job_1 as job set a = 1 from job_1 as seen where seen.id = job.id',
    })
  })

  it('is made once, and not kept for ever', () => {
    const on = createOnTable()
    const first = on(statement, 'job_0')
    expect(on(statement, 'job_0')).toBe(first)
    for (let number = 1; number <= 500; number += 1) on(statement, `job_${number}`)
    expect(on(statement, 'job_0')).not.toBe(first)
  })
})

describe('the list of days', () => {
  const missing = Object.assign(new Error('no such table'), { code: '42P01' })
  const start = () => {
    let clock = 0
    let readCount = 0
    const query = async (statement: { name: string }) => {
      if (statement.name === 'job-tables.is-cut') return { rows: [{ cut: true }] }
      readCount += 1
      return { rows: [{ ...day(0), firstId: day(0).firstId }] }
    }
    const tables = createJobTables({ query } as never, () => clock)
    const pass = (ms: number): void => {
      clock += ms
    }
    return { tables, reads: () => readCount, pass }
  }
  const id = aJobAt(TODAY + 1)

  it('is read once for those who come together, and again when it is old, for which nobody waits', async () => {
    const { tables, reads, pass } = start()
    await Promise.all([1, 2, 3].map(() => tables.at(id, async (table) => expect(table).toBe('job_day_0'))))
    expect(reads()).toBe(1)
    pass(31_000)
    await tables.at(id, async () => {})
    await expect.poll(reads).toBe(2)
  })

  it('names the whole where the day has been dropped since', async () => {
    const { tables } = start()
    const asked: string[] = []
    await tables.at(id, async (table) => {
      asked.push(table)
      if (table !== 'job') throw missing
    })
    expect(asked).toEqual(['job_day_0', 'job'])
  })

  it('hides no other mistake', async () => {
    const { tables } = start()
    await expect(tables.at(id, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    await expect(tables.at('x', () => Promise.reject(missing))).rejects.toThrow('no such table')
  })
})
