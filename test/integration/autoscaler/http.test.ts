import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildAutoscalerApp } from '../../../autoscaler/app.ts'
import { createDrains } from '../../../autoscaler/drains.ts'
import { createReckonCost } from '../../../autoscaler/fleet-cost.ts'
import { createOverrides } from '../../../autoscaler/overrides.ts'
import { report } from '../../../autoscaler/report.ts'
import { createSchedules } from '../../../autoscaler/schedules.ts'
import type { Sum } from '../../../infra/domain/duration-sum.ts'
import { UnavailableError } from '../../../infra/domain/errors.ts'
import type { MinutePart } from '../../../infra/ports/minute-store.ts'
import { createAuditLog } from '../../../infra/postgres/audit-log.ts'
import { createCapacityStore } from '../../../infra/postgres/capacity-store.ts'
import { createDecisionStore } from '../../../infra/postgres/decision-store.ts'
import { createDemandStore } from '../../../infra/postgres/demand-store.ts'
import { createDriftStore } from '../../../infra/postgres/drift-store.ts'
import { createFleetJobs } from '../../../infra/postgres/fleet-jobs.ts'
import { createKeyStore } from '../../../infra/postgres/key-store.ts'
import { createLeaderLease } from '../../../infra/postgres/leader-lease.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { createMinuteStore } from '../../../infra/postgres/minute-store.ts'
import { createNodeHourStore } from '../../../infra/postgres/node-hour-store.ts'
import { createNodeStore } from '../../../infra/postgres/node-store.ts'
import { createOverrideStore } from '../../../infra/postgres/override-store.ts'
import { createPlanStore } from '../../../infra/postgres/plan-store.ts'
import { type Database, openPool } from '../../../infra/postgres/pool.ts'
import { createScheduleStore } from '../../../infra/postgres/schedule-store.ts'
import { createUsageStore } from '../../../infra/postgres/usage-store.ts'
import { systemClock } from '../../../infra/runtime/clock.ts'
import { ALIVE } from '../../../infra/runtime/health.ts'
import { addKey } from '../../fakes/key-store.ts'
import { AUTOSCALER_CONFIG, FLEET_TENANT } from '../../fixtures/autoscaler-app.ts'
import { aKept, aMeasurement } from '../../fixtures/decisions.ts'
import { sumsOf } from '../../fixtures/minutes.ts'
import { aPool } from '../../fixtures/overrides.ts'
import { silence } from '../../fixtures/silence.ts'

const MINUTE_MS = 60_000
const pool = aPool()
const bounds = { min: 1, max: 40 }
const now = Date.now()
const at = (agoMinutes: number): number => now - agoMinutes * MINUTE_MS
const iso = (ms: number): string => new Date(ms).toISOString()

/** There is no broker here. */
const away = async () => {
  throw new UnavailableError('rabbitmq', new Error('none'))
}

/** One autoscaler process's worth of HTTP on the real database. It leads nothing. */
const startReplica = async (db: Database) => {
  const { log, metrics } = silence()
  const [decisions, overrideStore] = [createDecisionStore(db, 'nobody'), createOverrideStore(db)]
  const shared = { audit: createAuditLog(db), clock: systemClock }
  const says = { store: overrideStore, decisions, notifier: { tell: () => {} }, pools: new Map([[pool, bounds]]) }
  const nodes = createNodeStore(db)
  const app = await buildAutoscalerApp(
    {
      ...{ ...shared, decisions, overrideStore, log, metrics },
      keys: createKeyStore(db),
      plans: createPlanStore(db),
      demand: createDemandStore(db),
      minutes: createMinuteStore(db),
      capacities: createCapacityStore(db),
      drift: createDriftStore(db),
      fleetJobs: createFleetJobs(db),
      reckonCost: createReckonCost({ decisions, nodeHours: createNodeHourStore(db), usage: createUsageStore(db) }, [
        pool,
      ]),
      deadLetterDesk: { count: away, list: away, redrive: away },
      overrides: createOverrides({ ...shared, ...says }),
      ...{ nodes, drains: createDrains({ ...shared, ...says, store: nodes }) },
      schedules: createSchedules({ ...shared, store: createScheduleStore(db), pools: [pool] }),
      healthOf: () => ({ live: () => ALIVE, ready: () => ALIVE, startup: () => ALIVE }),
    },
    { ...AUTOSCALER_CONFIG, pools: [{ name: pool, bounds, mode: 'apply' }] },
  )
  await app.ready()
  return app
}

let db: Database
let replicas: Awaited<ReturnType<typeof startReplica>>[]
let auth: { readonly authorization: string }
beforeAll(async () => {
  await migrate(process.env.DATABASE_URL as string, silence().log)
  db = openPool({ url: process.env.DATABASE_URL as string, maxCount: 4 })
  replicas = [await startReplica(db), await startReplica(db)]
  auth = { authorization: `Bearer ${await addKey(createKeyStore(db), { tenant: FLEET_TENANT })}` }
  const lease = aPool()
  const lead = await createLeaderLease(db).hold(lease, 'this test', MINUTE_MS)
  const term = lead.kind === 'leading' ? lead.term : 0
  for (const ago of [3, 2, 1]) {
    const measurement = aMeasurement({ pool, at: at(ago), waiting: undefined })
    const look = aKept({ pool, term, at: at(ago), nextAt: at(ago - 1), measurement, from: 8 - ago, to: 9 - ago })
    await createDecisionStore(db, lease).begin(look)
  }
})
afterAll(async () => {
  for (const app of replicas ?? []) await app.drain()
  await db?.end()
})

const ask = async (method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, payload?: object, replica = 0) => {
  const answer = await replicas[replica]?.inject({ method, url, headers: auth, ...(payload && { payload }) })
  return { status: answer?.statusCode, body: answer?.body ? answer.json() : undefined }
}

it('tells how the pool stands and why, from what whoever leads has written', async () => {
  const { body } = await ask('GET', `/v1/pools/${pool}`)
  const kept = await createDecisionStore(db, 'nobody').at(pool, now)
  expect(body).toMatchObject({ name: pool, bounds, count: { asked: 5, ready: 5 }, lookedAt: iso(at(1)) })
  expect(body.decision).toMatchObject({ to: 8, measurement: { waiting: null, rate: { value: 30 } } })
  expect(body.decision.report).toEqual(kept && report(kept))
})

it('pages through decisions, and finds the one of a time', async () => {
  const first = await ask('GET', `/v1/pools/${pool}/decisions?limit=2`)
  const second = await ask('GET', `/v1/pools/${pool}/decisions?limit=2&before=${first.body.next}`)
  const seen = [...first.body.decisions, ...second.body.decisions].map((one: { at: string }) => one.at)
  expect(seen).toEqual([iso(at(1)), iso(at(2)), iso(at(3))])
  expect(second.body.next).toBeNull()
  const held = await ask('GET', `/v1/pools/${pool}/decisions/at?time=${iso(at(1.5))}`)
  expect(held.body.at).toBe(iso(at(2)))
})

it('lets any replica hear an override, and any other show, confirm and release it', async () => {
  const said = await ask('POST', `/v1/pools/${pool}/overrides`, { kind: 'pin', count: 12, for: '2d', reason: 'r' }, 0)
  expect([said.status, said.body.kind]).toEqual([202, 'pending'])
  const other = {
    authorization: `Bearer ${await addKey(createKeyStore(db), { tenant: FLEET_TENANT, role: 'operator' })}`,
  }
  const url = `/v1/overrides/${said.body.override.id}/confirm`
  expect((await ask('POST', url, undefined, 1)).body.code).toBe('SECOND_PERSON_NEEDED')
  const confirmed = await replicas[1]?.inject({ method: 'POST', url, headers: other })
  expect(confirmed?.json()).toMatchObject({ kind: 'holds', override: { count: 12, state: 'holds' } })
  expect((await ask('GET', '/v1/pools', undefined, 0)).body.pools[0].override).toMatchObject({ kind: 'pin', count: 12 })
  expect((await ask('DELETE', `/v1/pools/${pool}/overrides`, undefined, 1)).body.released).toHaveLength(1)
  const { overrides } = (await ask('GET', `/v1/pools/${pool}/overrides`, undefined, 0)).body
  expect(overrides.map(({ state }: { state: string }) => state)).toEqual(['released'])
})

it('keeps windows, and says when they hold', async () => {
  const name = aPool()
  const window = { pool, timeZone: 'Europe/Berlin', days: ['mon', 'thu'], start: '09:00', end: '18:00', count: 12 }
  expect((await ask('PUT', `/v1/schedule/${name}`, { ...window, except: ['2026-12-24'] })).status).toBe(200)
  const { windows } = (await ask('GET', '/v1/schedule', undefined, 1)).body
  expect(windows.find((one: { name: string }) => one.name === name)).toMatchObject({
    ...window,
    except: ['2026-12-24'],
  })
  const { rows } = (await ask('GET', '/v1/schedule/next?days=14', undefined, 1)).body
  expect(rows.length).toBeGreaterThanOrEqual(3)
  expect(rows[0]).toMatchObject({ pool, floor: 12, windows: [name] })
  expect((await ask('DELETE', `/v1/schedule/${name}`)).status).toBe(204)
})

it('tells what happened by the minute, and which hop holds jobs up', async () => {
  const minute = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - MINUTE_MS
  const sums = Object.entries(sumsOf({ fetch: 900 })) as [MinutePart['series'], Sum][]
  const parts = sums.map(([series, sum]) => ({ ...sum, at: minute, pool, series }))
  await createMinuteStore(db).tell({ source: aPool(), number: 1, now: Date.now(), parts })
  const { body } = await ask('GET', `/v1/pools/${pool}/minutes`)
  expect(body.minutes.find((one: { at: string }) => one.at === iso(minute))).toMatchObject({
    ...{ wait: { count: 100, overShare: 0 }, hops: { fetch: { count: 100, meanMs: 900 } }, inferRatio: 0.2 },
  })
  const judged = (await ask('GET', `/v1/pools/${pool}/bottleneck`)).body
  expect(judged).toMatchObject({ verdict: 'bottleneck', hop: 'fetch', cause: 'slow-storage', evidence: { jobs: 100 } })
})

it('tells demand by the minute, and measured capacities', async () => {
  const minute = at(5) - (at(5) % MINUTE_MS)
  await createDemandStore(db).put(aPool(), [{ pool, minute, offeredCount: 90, refusedCount: 3 }], now)
  const { body } = await ask('GET', `/v1/pools/${pool}/demand`)
  expect(body.minutes).toEqual([{ minute: iso(minute), offered: 90, refused: 3 }])
  const measured = {
    pool,
    models: 'm@1',
    device: 'cpu',
    workersPerNode: 2,
    checksPerSecond: 4.5,
    p95Ms: 900,
    sloMs: 3000,
  }
  await createCapacityStore(db).save(measured)
  const { capacities } = (await ask('GET', '/v1/capacity')).body
  expect(capacities.find((one: { pool: string }) => one.pool === pool)).toMatchObject(measured)
})
