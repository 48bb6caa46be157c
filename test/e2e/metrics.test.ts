import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKeyStore } from '../../infra/postgres/key-store.ts'
import { openPool } from '../../infra/postgres/pool.ts'
import { readEnvFile } from '../../scripts/stack/env-file.ts'
import { addKey } from '../fakes/key-store.ts'
import { allDashboards, allRules, annotationQueries, dashboardQueries, metricNames } from '../fixtures/monitoring.ts'
import { type OwnDatabase, ownDatabase } from '../fixtures/own-database.ts'
import { picturePath } from '../fixtures/pictures.ts'
import { promtool } from '../fixtures/promtool.ts'

const MUSTER = join(import.meta.dirname, '..', '..', 'scripts', 'muster.ts')
const SERVICES = { api: 'API_METRICS_PORT', node: 'NODE_ADMIN_PORT', autoscaler: 'AUTOSCALER_METRICS_PORT' } as const
type Service = keyof typeof SERVICES
const NAMES = Object.keys(SERVICES) as readonly Service[]
/** Enough that a label with tenants or jobs in it would stand out. */
const TENANT_COUNT = 15

const dir = mkdtempSync(join(tmpdir(), 'muster-metrics-'))
const image = { base64: readFileSync(picturePath('person_a_2009.jpg')).toString('base64') }
let database: OwnDatabase
let settings: Readonly<Record<string, string>> = {}

const muster = (...args: readonly string[]): Promise<string> => {
  const { PATH, RABBITMQ_URL, REDIS_URL } = process.env
  const triggers = { TRIGGERS_FILE: join(dir, 'triggers.yaml'), PROMETHEUS_URL: 'http://127.0.0.1:9' }
  const servers = { DATABASE_URL: database.url, RABBITMQ_URL, REDIS_URL, STORAGE_URL: `file://${dir}/blobs` }
  const env = { PATH, HOME: dir, NO_COLOR: '1', NODE_WORKERS: 'liveness=1', ...triggers, ...servers }
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [MUSTER, '--dir', join(dir, 'stack'), ...args], { env }, (error, stdout, stderr) => {
      if (error) reject(new Error(stderr, { cause: error }))
      else resolve(stdout)
    })
  })
}

const metricsOf = async (service: Service): Promise<string> =>
  (await fetch(`http://127.0.0.1:${settings[SERVICES[service]]}/metrics`)).text()

beforeAll(async () => {
  database = await ownDatabase('metrics')
  writeFileSync(
    join(dir, 'triggers.yaml'),
    'pools:\n  liveness:\n    - { name: a, query: vector(1), targetPerNode: 5 }\n',
  )
  await muster('up', '--detach', '--no-check')
  settings = readEnvFile(join(dir, 'stack', 'env'))
})
afterAll(async () => {
  await muster('down')
  await database.drop()
  rmSync(dir, { recursive: true })
})

/** As many tenants as never asked before each ask twice: once they wait, once they do not. */
const askAsNewTenants = async (): Promise<readonly string[]> => {
  const db = openPool({ url: database.url, maxCount: 2 })
  const tenants = Array.from({ length: TENANT_COUNT }, () => `tenant-${randomUUID().slice(0, 8)}`)
  const ids: string[] = []
  for (const tenant of tenants) {
    const key = await addKey(createKeyStore(db), { tenant })
    for (const prefer of ['wait=20', 'respond-async']) {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', prefer }
      const answer = await fetch(`${settings.MUSTER_URL}/v1/liveness`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ image }),
      })
      expect([200, 202]).toContain(answer.status)
      ids.push(((await answer.json()) as { id: string }).id)
    }
  }
  await db.end()
  const openCount = async () =>
    (
      await database.sql<{ count: number }>(
        `select count(*)::int as count from job where state in ('queued', 'running')`,
      )
    )[0]?.count
  await expect.poll(openCount).toBe(0)
  return [...tenants, ...ids]
}

/** Everything that series are told apart by; each has a small, fixed set of values. */
const LABELS = [
  ...['service', 'version', 'task', 'pool', 'lane', 'hop', 'reason', 'answered', 'le', 'secret', 'check'],
  ...['device', 'state', 'zone', 'trigger', 'signal'],
]

const seriesOf = (text: string): readonly string[] => text.match(/^muster_\w+(\{[^}]*\})?(?= )/gm) ?? []
const countByName = (series: readonly string[]): ReadonlyMap<string, number> =>
  new Map([...Map.groupBy(series, (one) => one.replace(/\{.*/, ''))].map(([name, all]) => [name, all.length]))

describe('/metrics of a running stack', () => {
  it('grows by no series for each tenant or job, names none of them, and tells series apart by known labels only', async () => {
    const look = async (services: readonly Service[]) => (await Promise.all(services.map(metricsOf))).join('\n')
    const names = await askAsNewTenants()
    // The autoscaler shows more as it comes to know the fleet; requests go to the others.
    const before = countByName(seriesOf(await look(['api', 'node'])))
    const more = [...names, ...(await askAsNewTenants())]
    const after = countByName(seriesOf(await look(['api', 'node'])))
    const grown = [...after].filter(([name, count]) => count - (before.get(name) ?? 0) >= TENANT_COUNT)
    expect(grown).toEqual([])
    expect(before.get('muster_hop_duration_seconds_count')).toBeGreaterThanOrEqual(10)
    const text = await look(NAMES)
    for (const name of more) expect(text).not.toContain(name)
    const labels = seriesOf(text).flatMap((one) =>
      [...one.matchAll(/[{,](\w+)="/g)].map(([, label]) => label as string),
    )
    expect([...new Set(labels)].filter((label) => !LABELS.includes(label))).toEqual([])
  })

  it.each(NAMES)('of the %s is what promtool wants it to be', async (service) => {
    const text = await metricsOf(service)
    expect(text.length).toBeGreaterThan(1_000)
    expect(await promtool(['check', 'metrics'], text)).toEqual({ code: 0, output: '' })
  })

  it('has every metric that rules, alerts and dashboards name', async () => {
    const told = (await Promise.all(NAMES.map(metricsOf))).flatMap((text) =>
      [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = '', type]) =>
        type === 'histogram' ? ['_bucket', '_sum', '_count'].map((part) => `${name}${part}`) : [name],
      ),
    )
    const rules = allRules().flatMap((rule) => [rule.expr, ...annotationQueries(rule)])
    const used = new Set([...rules, ...allDashboards().flatMap(dashboardQueries)].flatMap(metricNames))
    const own = [...used].filter((name) => !name.startsWith('muster:'))
    expect(own.length).toBeGreaterThan(60)
    expect(own.filter((name) => !told.includes(name))).toEqual([])
  })
})
