import { ReadableStream } from 'node:stream/web'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { HopTime, JobHop } from '../../../autoscaler/job-hops.ts'
import { createFleetJobs } from '../../../infra/postgres/fleet-jobs.ts'
import { type Database, openPool } from '../../../infra/postgres/pool.ts'
import { type Rig, startRig } from '../../bench/throttles/rig.ts'
import { THROTTLES } from '../../bench/throttles/throttles.ts'
import { startAutoscalerApp } from '../../fixtures/autoscaler-app.ts'
import { type OwnDatabase, ownDatabase } from '../../fixtures/own-database.ts'

let own: OwnDatabase
let database: Database
let rig: Rig
let autoscaler: Awaited<ReturnType<typeof startAutoscalerApp>>
beforeAll(async () => {
  own = await ownDatabase('job_hops')
  const { RABBITMQ_URL: rabbitmqUrl = '', REDIS_URL: redisUrl = '' } = process.env as Record<string, string>
  rig = await startRig({ databaseUrl: own.url, rabbitmqUrl, redisUrl })
  rig.modelTakes(5)
  await rig.work({})
  database = openPool({ url: own.url, maxCount: 1 })
  autoscaler = await startAutoscalerApp({ fleetJobs: createFleetJobs(database) })
})
afterAll(async () => {
  await autoscaler?.app.drain()
  await database?.end()
  await rig?.stop()
  await own?.drop()
})

/** The body of a check in two halves. */
async function* halves(body: string, pauseMs: number) {
  const half = Math.floor(body.length / 2)
  yield Buffer.from(body.slice(0, half))
  await pause(pauseMs)
  yield Buffer.from(body.slice(half))
}

/** A check from its caller to its waterfall. */
const hopsOfCheck = async (pauseMs = 0): Promise<readonly HopTime[]> => {
  const { url, key, body } = rig.callee
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', prefer: 'wait=60' }
  const sent = ReadableStream.from(halves(body, pauseMs)) as unknown as BodyInit
  const answer = await fetch(`${url}/v1/liveness`, {
    method: 'POST',
    headers,
    body: sent,
    duplex: 'half',
  } as RequestInit)
  const { id } = (await answer.json()) as { id: string }
  expect(answer.status).toBe(200)
  return (await autoscaler.ask('GET', `/v1/fleet/jobs/${id}`)).body.hops
}

const told = THROTTLES.filter(({ wireMs, stuck, worker, hops }) => {
  return !wireMs && !stuck && !worker && !hops.includes('publish') && !hops.includes('reply')
})

it('has every hop of a check that a row can tell of', async () => {
  const hops = (await hopsOfCheck()).map(({ hop }) => hop)
  expect(hops.filter((hop) => hop !== 'unknown')).toEqual([
    ...['admit', 'store', 'insert', 'queue', 'claim', 'fetch', 'decode', 'batch-wait', 'infer', 'write'],
  ])
  expect(told.map((one) => one.hops[0])).toEqual(
    hops.filter((hop) => !['queue', 'batch-wait', 'unknown'].includes(hop)),
  )
})

it.each(told)('shows in that bar that $name', async ({ hops: [hop], set, pauseMs, modelMs }) => {
  const slow = rig.levers
  set?.(slow)
  if (modelMs) rig.modelTakes(modelMs)
  const slowMs = modelMs ?? pauseMs ?? Math.max(...Object.values(slow.slow))
  try {
    const bars = await hopsOfCheck(pauseMs)
    const barMs = (wanted: JobHop): number => bars.find((bar) => bar.hop === wanted)?.durationMs ?? 0
    // Where one bar ends and the next begins is known as well as two clocks allow on a busy machine.
    expect(barMs(hop as JobHop)).toBeGreaterThan(slowMs / 2)
    expect(barMs('unknown')).toBeLessThan(barMs(hop as JobHop))
  } finally {
    slow.slow = {}
    rig.modelTakes(5)
  }
})
