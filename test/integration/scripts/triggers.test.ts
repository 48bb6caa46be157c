import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parseTriggerTrace } from '../../../autoscaler/simulate/trigger-trace.ts'
import { createDecisionStore } from '../../../infra/postgres/decision-store.ts'
import { createLeaderLease } from '../../../infra/postgres/leader-lease.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { openPool } from '../../../infra/postgres/pool.ts'
import { PrometheusServer } from '../../fakes/prometheus-server.ts'
import { aKept } from '../../fixtures/decisions.ts'
import { aPool } from '../../fixtures/overrides.ts'
import { silence } from '../../fixtures/silence.ts'
import { aReading } from '../../fixtures/triggers.ts'

const MUSTER = fileURLToPath(new URL('../../../scripts/muster.ts', import.meta.url))
const pool = aPool()
const prometheus = new PrometheusServer()
let dir: string
let url: string

const muster = (...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    const env = {
      ...process.env,
      POOLS: `${pool}=ocr`,
      AUTOSCALER_POOLS: `${pool}=1..4`,
      PROMETHEUS_URL: url,
      NO_COLOR: '1',
    }
    execFile(process.execPath, [MUSTER, 'triggers', ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })
const file = (name: string, ...triggers: readonly object[]): string => {
  const path = join(dir, name)
  writeFileSync(path, JSON.stringify({ pools: { [pool]: triggers } }))
  return path
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'muster triggers '))
  url = await prometheus.start()
  prometheus.values.set('sum(partner_queue_ready)', 340)
  await migrate(process.env.DATABASE_URL as string, silence().log)
})
afterAll(async () => {
  await prometheus.stop()
  rmSync(dir, { recursive: true, force: true })
})

it('says whether a file is right, and where it is not', async () => {
  const trigger = { name: 'partner-queue', query: 'sum(partner_queue_ready)', targetPerNode: 50 }
  expect(await muster('validate', file('good.json', trigger))).toMatchObject({ code: 0 })
  const { code, stderr } = await muster('validate', file('bad.json', { ...trigger, targetPerNode: 0 }))
  expect([code, stderr]).toEqual([2, expect.stringContaining('partner-queue: targetPerNode must be a number above 0')])
  expect(await muster('validate', join(dir, 'none'))).toMatchObject({ code: 2 })
})

it('asks the queries of a file now, and fails where one gives no number', async () => {
  const good = { name: 'partner-queue', query: 'sum(partner_queue_ready)', targetPerNode: 50, for: '10m' }
  expect(await muster('try', file('try.json', good))).toMatchObject({
    ...{ code: 0, stdout: `${pool}: partner-queue 340 / 50 a node = 7 nodes\n` },
  })
  const { code, stdout } = await muster(
    'try',
    file('bad.json', good, { ...good, name: 'typo', query: 'no_such_metric' }),
    '--json',
  )
  expect(code).toBe(1)
  expect(JSON.parse(stdout).triggers).toMatchObject([
    { pool, name: 'partner-queue', value: 340, asks: 7, state: 'asks' },
    { pool, name: 'typo', value: null, asks: 0, state: 'unknown', why: 'typo is unknown: no data' },
  ])
})

it('asks a query that is in no file yet', async () => {
  const { code, stdout } = await muster('try', '--query', 'vector(7)', '--target', '2')
  expect([code, stdout]).toEqual([0, '-: query 7 / 2 a node = 4 nodes\n'])
})

it('records what queries said, as a simulation reads it', async () => {
  const path = file(
    'record.json',
    { name: 'queue', query: 'sum(partner_queue_ready)', targetPerNode: 50 },
    { name: 'typo', query: 'no_such_metric', targetPerNode: 1 },
  )
  const { code, stdout } = await muster('record', path, '--since', '1h', '--step', '5m')
  expect(code).toBe(0)
  const trace = parseTriggerTrace(stdout)
  expect([trace.names, trace.until - trace.from]).toEqual([['queue', 'typo'], 65 * 60_000])
  expect([trace.valueAt('queue', trace.from), trace.valueAt('typo', trace.from)]).toEqual([340, undefined])
  const bad = file('refused.json', { name: 'queue', query: 'sum(', targetPerNode: 50 })
  expect(await muster('record', bad, '--since', '1h')).toMatchObject({ code: 2, stdout: '' })
})

it('lists what the last looks saw, without Prometheus', async () => {
  const database = openPool({ url: process.env.DATABASE_URL as string, maxCount: 2 })
  const lead = await createLeaderLease(database).hold(pool, 'this test', 60_000)
  if (lead.kind !== 'leading') throw new Error('somebody else leads')
  const { id: _, ...kept } = aKept({ pool, term: lead.term, at: Date.now(), triggers: [aReading()] })
  await createDecisionStore(database, pool).begin(kept)
  await database.end()
  const { code, stdout } = await muster('list')
  expect(code).toBe(0)
  expect(stdout).toMatch(
    new RegExp(`^${pool} +partner-queue +asks +340 +50 +7 +7 +\\d+ s +partner-queue 340 / 50`, 'm'),
  )
  expect(JSON.parse((await muster('list', '--json')).stdout).triggers).toMatchObject([{ pool, asks: 7 }])
})
