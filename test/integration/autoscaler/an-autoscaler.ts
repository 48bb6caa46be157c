import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, vi } from 'vitest'
import { LEASE_NAME } from '../../../autoscaler/lead.ts'
import { freePort } from '../../../infra/local/ports.ts'
import { createDecisionStore } from '../../../infra/postgres/decision-store.ts'
import { createDemandStore } from '../../../infra/postgres/demand-store.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { createOverrideStore } from '../../../infra/postgres/override-store.ts'
import { openPool } from '../../../infra/postgres/pool.ts'
import { setUpBroker } from '../../../infra/rabbitmq/set-up.ts'
import { NomadServer } from '../../fakes/nomad-server.ts'
import { silence } from '../../fixtures/silence.ts'

const MAIN = fileURLToPath(new URL('../../../autoscaler/main.ts', import.meta.url))
const MINUTE_MS = 60_000
const env = (name: string): string => process.env[name] as string

/** A process, its log, and how it ends. */
export interface AutoscalerProcess {
  readonly child: ChildProcess
  readonly exited: Promise<[number | null, string | null]>
  log(): string
  metrics(): Promise<string>
}

/**
 * A pool of two nodes on a server that speaks Nomad's API, half an hour of demand for many more, and as many processes of
 * the autoscaler as a test wants.
 */
export const aSite = async (ends: (() => unknown)[]) => {
  const pool = `scaled-${crypto.randomUUID().slice(0, 8)}`
  await migrate(env('DATABASE_URL'), silence().log)
  await setUpBroker(env('RABBITMQ_URL'), [pool])
  const database = openPool({ url: env('DATABASE_URL') })
  ends.push(() => database.end())
  // What an earlier test's process may have left when it was killed.
  await database.query({ name: 'free-lease', text: 'delete from leader_lease where name = $1' }, [LEASE_NAME])
  const nomad = new NomadServer()
  const address = await nomad.start()
  ends.push(() => nomad.stop())
  const job = nomad.addJob('workers', pool, 2)
  const demand = createDemandStore(database)
  const thisMinute = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS
  const counts = Array.from({ length: 31 }, (_, back) => ({
    ...{ pool, minute: thisMinute - back * MINUTE_MS, offeredCount: 60 * 80, refusedCount: 0 },
  }))
  await demand.put('a source', counts, Date.now())

  const start = async (overrides: Readonly<Record<string, string>> = {}): Promise<AutoscalerProcess> => {
    const child = spawn(process.execPath, [MAIN], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        DATABASE_URL: env('DATABASE_URL'),
        RABBITMQ_URL: env('RABBITMQ_URL'),
        REDIS_URL: env('REDIS_URL'),
        POOLS: `${pool}=ocr`,
        FLEET: 'nomad',
        NOMAD_ADDR: address,
        NOMAD_JOBS: `${pool}=workers/${pool}`,
        AUTOSCALER_POOLS: `${pool}=1..20`,
        AUTOSCALER_TRUST_NEW_POOLS: 'true',
        AUTOSCALER_INTERVAL_MS: '1000',
        AUTOSCALER_PORT: String(await freePort()),
        ...overrides,
      },
    })
    const exited = once(child, 'close') as AutoscalerProcess['exited']
    // Until it is gone it may still write that it leads.
    ends.push(() => {
      child.kill('SIGKILL')
      return exited
    })
    let text = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        text += String(chunk)
      })
    const metrics = async () => {
      const port = /"adminPort":(\d+)/.exec(text)?.[1]
      return (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    }
    return { child, exited, log: () => text, metrics }
  }

  /** say a count that holds at once */
  const pin = async (count: number): Promise<void> => {
    const said = { kind: 'pin', actor: 'a test', reason: 'a test', durationMs: 3_600_000, needsSecond: false } as const
    await createOverrideStore(database).add({ ...said, pool, count })
  }
  /** end the lease of whoever leads, who does not know it */
  const depose = () =>
    database.query({ name: 'depose', text: `update leader_lease set until = '-infinity' where name = $1` }, [
      LEASE_NAME,
    ])
  const count = () => job.groups.get(pool)?.count ?? 0
  /** those that say they changed something, oldest first, as the database has them */
  const changes = async () =>
    (await decisions.list({ pool, changesOnly: true, limit: 1_000 })).toReversed().map(({ id, to, outcome, term }) => {
      return { id, to, outcome, term }
    })

  const decisions = createDecisionStore(database, LEASE_NAME)
  return { pool, nomad, job, database, decisions, start, pin, depose, count, changes }
}

/** Waits for a condition, as long as a loaded machine may need. */
export const eventually = (check: () => unknown): Promise<unknown> =>
  vi.waitFor(async () => expect(await check()).toBeTruthy(), { timeout: 60_000, interval: 100 })
