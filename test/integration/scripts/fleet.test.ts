import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { planInWords } from '../../../autoscaler/plan.ts'
import { report } from '../../../autoscaler/report.ts'
import type { Sum } from '../../../infra/domain/duration-sum.ts'
import type { KeptDecision } from '../../../infra/domain/scaling.ts'
import type { MinutePart } from '../../../infra/ports/minute-store.ts'
import { createAuditLog } from '../../../infra/postgres/audit-log.ts'
import { createDecisionStore } from '../../../infra/postgres/decision-store.ts'
import { createLeaderLease } from '../../../infra/postgres/leader-lease.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { createMinuteStore } from '../../../infra/postgres/minute-store.ts'
import { createOverrideStore } from '../../../infra/postgres/override-store.ts'
import { createPlanStore } from '../../../infra/postgres/plan-store.ts'
import { type Database, openPool } from '../../../infra/postgres/pool.ts'
import { aKept, aMeasurement } from '../../fixtures/decisions.ts'
import { sumsOf } from '../../fixtures/minutes.ts'
import { aPool } from '../../fixtures/overrides.ts'
import { silence } from '../../fixtures/silence.ts'

const MUSTER = fileURLToPath(new URL('../../../scripts/muster.ts', import.meta.url))
const pool = aPool()
const LEASE = aPool()
const MINUTE_MS = 60_000
const now = Date.now()

interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}
const muster = (...args: readonly string[]): Promise<Ran> =>
  new Promise((resolve) => {
    const env = { ...process.env, POOLS: 'faces=face-match', AUTOSCALER_POOLS: 'faces=1..4', NO_COLOR: '1' }
    execFile(process.execPath, [MUSTER, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })

let db: Database
let dir: string
let kept: KeptDecision
beforeAll(async () => {
  await migrate(process.env.DATABASE_URL as string, silence().log)
  db = openPool({ url: process.env.DATABASE_URL as string, maxCount: 2 })
  dir = mkdtempSync(join(tmpdir(), 'muster fleet '))
  const lead = await createLeaderLease(db).hold(LEASE, 'this test', 60_000)
  if (lead.kind !== 'leading') throw new Error('somebody else leads')
  const decisions = createDecisionStore(db, LEASE)
  const look = (agoMs: number, more: Partial<KeptDecision>) => {
    const at = now - agoMs
    const measurement = aMeasurement({ pool, at, running: undefined })
    return decisions.begin(aKept({ pool, term: lead.term, at, nextAt: at + 30_000, measurement, ...more }))
  }
  await look(10 * MINUTE_MS, { from: 5, to: 5, direction: 'none', steps: [], outcome: 'none' })
  await look(MINUTE_MS / 2, { bounds: { min: 1, max: 40 }, doubts: ['the broker was restarted'] })
  kept = (await decisions.list({ pool, limit: 1 }))[0] as KeptDecision
})
afterAll(async () => {
  await db?.end()
  rmSync(dir, { recursive: true, force: true })
})

describe('why', () => {
  it('says the last decision in the words of the report', async () => {
    const { code, stdout } = await muster('why', pool)
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${report(kept).join('\n')}\n` })
    expect(stdout).toContain('5 -> 8')
  })

  it('says what held at a certain time, for programs in the members of HTTP', async () => {
    const { code, stdout } = await muster('why', pool, '--at', '5m', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      pool,
      at: new Date(now - 10 * MINUTE_MS).toISOString(),
      to: 5,
      measurement: { running: null, asked: { value: 5 } },
    })
  })

  it('says what the last plan expects', async () => {
    const plan = { pool, at: now, count: 5, trend: undefined, forecast: undefined, hours: [], windows: [] }
    await createPlanStore(db).put(plan)
    const [told, none] = await Promise.all([muster('why', pool, '--plan'), muster('why', 'faces', '--plan')])
    expect([told.code, told.stdout]).toEqual([0, `${planInWords(plan).join('\n')}\n`])
    expect(none.code).toBe(3)
  })

  it('says that nobody looks any more', async () => {
    const lead = await createLeaderLease(db).hold(LEASE, 'this test', 60_000)
    const old = aPool()
    const at = now - 9 * MINUTE_MS
    const term = lead.kind === 'leading' ? lead.term : 0
    await createDecisionStore(db, LEASE).begin(aKept({ pool: old, term, at, nextAt: at + 30_000 }))
    expect((await muster('why', old)).stderr).toContain('no autoscaler leads')
  })

  it('says which hop holds jobs up, where one does', async () => {
    const at = now - (now % MINUTE_MS) - 2 * MINUTE_MS
    const sums = Object.entries(sumsOf({ fetch: 900 })) as [MinutePart['series'], Sum][]
    const parts = sums.map(([series, sum]) => ({ ...sum, at, pool, series }))
    await createMinuteStore(db).tell({ source: pool, number: 1, now: Date.now(), parts })
    const [why, slow, json] = await Promise.all([
      muster('why', pool),
      muster('why', pool, '--slow'),
      muster('why', pool, '--slow', '--json'),
    ])
    expect(why.stdout.startsWith(report(kept).join('\n'))).toBe(true)
    for (const { stdout } of [why, slow]) expect(stdout).toMatch(/^bottleneck: fetch .+ more workers do not help\.$/m)
    expect(JSON.parse(json.stdout)).toMatchObject({ pool, verdict: 'bottleneck', hop: 'fetch', cause: 'slow-storage' })
    expect((await muster('why', pool, '--slow', '--plan')).code).toBe(2)
  })

  it('ends with 3 where there is no such pool, or nothing of that time', async () => {
    const [unknown, old] = await Promise.all([muster('why', 'nothing'), muster('why', pool, '--at', '2d')])
    expect([unknown.code, unknown.stderr]).toEqual([3, 'muster: no such pool; there are: faces\n'])
    expect(old.code).toBe(3)
  })
})

it('pools lists what is configured, also before anybody has looked', async () => {
  const { code, stdout, stderr } = await muster('pools')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^POOL +ASKED +PLACED +RUNNING +READY +BOUNDS +LOOKED +IN FORCE +LAST DECISION$/m)
  expect(stdout).toMatch(/^faces +- +- +- +- +1\.\.4 +never +- +-$/m)
  expect(stderr).toContain('no autoscaler looks at them')
  const [faces] = JSON.parse((await muster('pools', '--json')).stdout)
  expect(faces).toMatchObject({ name: 'faces', bounds: { min: 1, max: 4 }, lookedAt: null, stale: true })
})

describe('override', () => {
  it('is one sentence, told back, kept, and on the audit trail', async () => {
    const { code, stdout } = await muster('override', `pin ${pool} 12 for 3h because the campaign starts`)
    expect(code).toBe(0)
    expect(stdout).toMatch(new RegExp(`^${pool}: pin 12 by cli:\\S+ until .+ UTC: the campaign starts$`, 'm'))
    expect(stdout).toContain('the count goes from 8 to 12')
    const active = (await createOverrideStore(db).active()).filter((one) => one.pool === pool)
    expect(active).toMatchObject([{ kind: 'pin', count: 12, actor: expect.stringMatching(/^cli:/) }])
    const [entry] = await createAuditLog(db).list({ action: 'override_said', limit: 1 })
    expect(entry).toMatchObject({ channel: 'cli', target: pool, details: { reason: 'the campaign starts' } })
  })

  it('is listed, and released without quotes', async () => {
    const listed = await muster('override', 'list', '--pool', pool)
    expect(listed.stdout).toMatch(new RegExp(`^\\d+ +${pool} +pin 12 +holds +cli:`, 'm'))
    const released = await muster('override', 'release', pool, 'because', 'it', 'is', 'over', '--json')
    expect(JSON.parse(released.stdout)).toMatchObject({ kind: 'released', released: [{ state: 'released' }] })
    const [after] = JSON.parse((await muster('override', 'list', '--pool', pool, '--json')).stdout)
    expect(after).toMatchObject({ kind: 'pin', state: 'released', releasedBy: expect.stringMatching(/^cli:/) })
  })

  it('of more than a day waits for somebody else', async () => {
    const asked = await muster('override', `ceiling ${pool} 20 for 2d because of the budget`, '--json')
    const { kind, override } = JSON.parse(asked.stdout)
    expect([asked.code, kind]).toEqual([0, 'pending'])
    expect((await muster('override', 'confirm', override.id)).code).toBe(4)
    await createOverrideStore(db).confirm(override.id, 'somebody else')
    expect((await muster('override', 'confirm', override.id)).code).toBe(3)
  })

  it('that cannot be said changes nothing', async () => {
    const [nonsense, unknown, high] = await Promise.all([
      muster('override', 'more nodes please'),
      muster('override', 'pin nothing 3 because r'),
      muster('override', `pin ${pool} 41 because r`),
    ])
    expect([nonsense.code, unknown.code]).toEqual([2, 3])
    expect([high.code, high.stderr]).toEqual([2, `muster: pool ${pool} may have at most 40\n`])
  })
})

describe('schedule', () => {
  const name = aPool()
  const flags = [
    '--pool',
    'faces',
    '--zone',
    'Europe/Berlin',
    '--days',
    'mon-sun',
    '--start',
    '09:00',
    '--end',
    '18:00',
  ]

  it('takes a window, lists it, shows when it holds, and lets it go', async () => {
    const set = await muster('schedule', 'set', name, ...flags, '--lead', '10m', '--floor', '3')
    expect(set.code).toBe(0)
    const { stdout } = await muster('schedule', 'list')
    expect(stdout).toMatch(
      new RegExp(
        `^${name} +faces +at least 3 +mon tue wed thu fri sat sun +- +09:00 +18:00 +Europe/Berlin +10m +0$`,
        'm',
      ),
    )
    const rows = JSON.parse((await muster('schedule', 'next', '--pool', 'faces', '--days', '3', '--json')).stdout)
    expect(rows.length).toBeGreaterThanOrEqual(3)
    expect(rows[1]).toMatchObject({ pool: 'faces', floor: 3, ceiling: null, windows: [name], contradiction: null })
    const people = await muster('schedule', 'next', '--pool', 'faces')
    expect(people.stdout).toMatch(/^FROM +UNTIL +POOL +SAYS +WINDOWS$/m)
    expect((await muster('schedule', 'remove', name)).code).toBe(0)
    expect((await muster('schedule', 'remove', name)).code).toBe(3)
  })

  it('takes a window from a file in the form of HTTP', async () => {
    const file = join(dir, 'window.json')
    const window = { pool: 'faces', timeZone: 'UTC', dates: ['2027-01-01'], start: '00:00', end: '06:00', count: 0 }
    writeFileSync(file, JSON.stringify({ ...window, clause: 'exactly' }))
    const { code, stdout } = await muster('schedule', 'set', name, '--file', file, '--json')
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      { name, ...window, days: [], except: [], leadMinutes: 0, clause: 'exactly', priority: 0 },
    ])
  })

  it.each<[string, readonly string[], number, string]>([
    ['a zone there is not', [...flags, '--floor', '1', '--zone', 'Mars/Base'], 2, 'IANA name'],
    ['a pool there is not', [...flags, '--floor', '1', '--pool', 'nothing'], 3, 'no pool nothing'],
  ])('refuses a window with %s', async (_what, args, code, words) => {
    const refused = await muster('schedule', 'set', name, ...args)
    expect(refused.code).toBe(code)
    expect(refused.stderr).toContain(words)
  })
})
