import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { type OwnDatabase, ownDatabase } from '../../fixtures/own-database.ts'
import { silence } from '../../fixtures/silence.ts'

const MUSTER = fileURLToPath(new URL('../../../scripts/muster.ts', import.meta.url))
const USUAL = { 'outcome/succeeded': 400, 'score/0.60': 300, 'score/0.70': 100 }
const LOWER = { 'outcome/succeeded': 400, 'score/0.30': 300, 'score/0.40': 100 }

let own: OwnDatabase

const drift = (...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    const env = { ...process.env, DATABASE_URL: own.url, NO_COLOR: '1' }
    execFile(process.execPath, [MUSTER, 'drift', ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })

/** An hour of liveness, so many hours ago. */
const plant = async (hoursAgo: number, counts: Readonly<Record<string, number>>): Promise<void> => {
  for (const [tenant, sdk] of [
    ['acme', ''],
    ['', 'js 1.0'],
  ])
    await own.sql(
      `insert into drift_hour (hour, task, model, tenant, sdk, counts)
       values (date_trunc('hour', now(), 'UTC') - $1 * interval '1 hour', 'liveness', 'live@1.0.0', $2, $3, $4)`,
      [hoursAgo, tenant, sdk, JSON.stringify(counts)],
    )
}

beforeAll(async () => {
  own = await ownDatabase('drift_cli')
  await migrate(own.url, silence().log)
  for (const week of [1, 2]) await plant(2 + week * 168, USUAL)
  await plant(2, LOWER)
})
afterAll(() => own?.drop())

it('shows what has moved, where, and by how much', async () => {
  const { code, stdout } = await drift()
  expect(code).toBe(0)
  expect(stdout).toMatch(/1 of 27 signals have moved/)
  expect(stdout).toMatch(/liveness +score +alarm +\d+\.\d+ +24 +400 +800 \(weeks\) +\w+ \S+/)
  const one = await drift('--signal', 'score', '--by', 'tenant')
  expect(one.stdout).toMatch(/0\.60 +0\.750 +0\.000/)
  expect(one.stdout).toMatch(/tenant acme +alarm/)
  expect(one.stdout).not.toContain('js 1.0')
})

it('shows it to programs', async () => {
  const { stdout } = await drift('--json', '--task', 'liveness')
  const { signals } = JSON.parse(stdout)
  expect(signals).toHaveLength(5)
  expect(signals.find(({ signal }: { signal: string }) => signal === 'score')).toMatchObject({ level: 'alarm' })
})

it('says which signals there are when it does not know one', async () => {
  const { code, stderr } = await drift('--signal', 'noses')
  expect([code, stderr]).toEqual([2, expect.stringContaining('./muster drift lists them')])
})

it('pins a reference, on the trail, and lets go of it', async () => {
  expect((await drift('pin', 'liveness', '--from', '6h', '--reason', 'a new camera')).code).toBe(0)
  const { stdout } = await drift('--task', 'liveness')
  expect(stdout).toMatch(/score +unknown/)
  expect((await drift('unpin', 'liveness')).code).toBe(0)
  expect((await drift('unpin', 'liveness')).code).toBe(3)
  const trail = await own.sql<{ action: string }>('select action from audit_entry order by seq')
  expect(trail.map(({ action }) => action)).toEqual(['drift_reference_pinned', 'drift_reference_removed'])
  const wrong = await drift('pin', 'liveness', '--from', '3d', '--until', '4d', '--reason', 'r')
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('an hour after it begins')])
})
