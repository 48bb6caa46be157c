import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { closeHours } from '../../../autoscaler/node-hours/close-hours.ts'
import { createDecisionStore } from '../../../infra/postgres/decision-store.ts'
import { createLeaderLease } from '../../../infra/postgres/leader-lease.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { createNodeHourStore } from '../../../infra/postgres/node-hour-store.ts'
import { type Database, openPool } from '../../../infra/postgres/pool.ts'
import { createUsageStore } from '../../../infra/postgres/usage-store.ts'
import { aKept, aMeasurement } from '../../fixtures/decisions.ts'
import { aPool } from '../../fixtures/overrides.ts'
import { silence } from '../../fixtures/silence.ts'

const MUSTER = fileURLToPath(new URL('../../../scripts/muster.ts', import.meta.url))
const pool = aPool()
const LEASE = aPool()
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

let db: Database
let dir: string
let prices: string

const cost = (...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    const env = { ...process.env, POOLS: `${pool}=ocr`, AUTOSCALER_POOLS: `${pool}=1..4`, NO_COLOR: '1' }
    execFile(process.execPath, [MUSTER, 'cost', ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })

beforeAll(async () => {
  await migrate(process.env.DATABASE_URL as string, silence().log)
  db = openPool({ url: process.env.DATABASE_URL as string, maxCount: 2 })
  dir = mkdtempSync(join(tmpdir(), 'muster cost '))
  prices = join(dir, 'prices.json')
  const file = { currency: 'EUR', nodeClasses: { gpu: { onDemand: 2 } }, pools: { [pool]: { nodeClass: 'gpu' } } }
  writeFileSync(prices, JSON.stringify(file))
  const lead = await createLeaderLease(db).hold(LEASE, 'this test', 60_000)
  if (lead.kind !== 'leading') throw new Error('somebody else leads')
  const decisions = createDecisionStore(db, LEASE)
  const now = Date.now()
  const [three, workers] = [3, 6].map((value) => ({ value, ageMs: 0 }))
  for (let at = now - 4 * HOUR_MS; at < now; at += 10 * MINUTE_MS) {
    const measurement = aMeasurement({ pool, at, placed: three, running: three, readyWorkers: workers })
    await decisions.begin(aKept({ pool, at, measurement, term: lead.term, from: 3, to: 3, outcome: 'none' }))
  }
  // An autoscaler has kept the hours that were over two hours ago; the rest is read from its decisions.
  await closeHours({ decisions, nodeHours: createNodeHourStore(db) }, [pool], now - 2 * HOUR_MS)
  const share = { task: 'ocr', model: 'reader@1.0.0', runCount: 10, busyMs: MINUTE_MS }
  const shares = ['acme', 'zenith'].map((tenant) => ({ ...share, tenant }))
  await createUsageStore(db).tell({ source: pool, number: 1, pool, presentMs: 4 * MINUTE_MS, shares })
})
afterAll(async () => {
  await db?.end()
  rmSync(dir, { recursive: true, force: true })
})

it('says what a period cost, of hours that were kept and of those that run', async () => {
  const { code, stdout } = await cost('--prices', prices, '--from', '3h', '--json')
  expect(code).toBe(0)
  const report = JSON.parse(stdout)
  const own = report.pools.find((one: { pool: string }) => one.pool === pool)
  expect(own.nodeHours).toBeCloseTo(3 * own.observedHours, 6)
  expect(own.observedHours).toBeGreaterThan(2.9)
  expect(own.cost).toBeCloseTo(2 * own.nodeHours, 6)
  expect(own).toMatchObject({ peakCount: 3, runCount: 20 })
  expect(own.staticCost).toBeCloseTo(own.cost, 6)
  const acme = report.byTenant.find((line: { name: string }) => line.name === 'acme')
  // A minute of one of the two workers of a node.
  expect(acme.nodeHours).toBeCloseTo(1 / 120, 6)
})

it('prints a table for people and lines for spreadsheets', async () => {
  const ask = (...more: readonly string[]) => cost('--prices', prices, '--from', '3h', ...more)
  const [table, csv] = await Promise.all([ask(), ask('--csv')])
  expect(table).toMatchObject({ code: 0 })
  for (const words of [pool, 'MODELS', 'TENANT', '(idle)', 'EUR']) expect(table.stdout).toContain(words)
  expect(csv.stdout).toContain(`pool,${pool},used,0.016667,0.033333,EUR,20`)
})

it('refuses what it cannot reckon with', async () => {
  const other = join(dir, 'other.json')
  writeFileSync(other, JSON.stringify({ currency: 'EUR', nodeClasses: {}, pools: {} }))
  const [unpriced, backwards] = await Promise.all([
    cost('--prices', other, '--from', '3h'),
    cost('--prices', prices, '--from', '1h', '--to', '2h'),
  ])
  expect(unpriced).toMatchObject({ code: 2, stderr: expect.stringContaining(`nothing of pool ${pool}`) })
  expect(backwards).toMatchObject({ code: 2, stderr: expect.stringContaining('--to must be after --from') })
})
