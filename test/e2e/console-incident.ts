import { connect } from 'amqplib'
import type { Series } from '../../infra/domain/pool-minute.ts'
import { type ScheduleWindow, WEEKDAYS } from '../../infra/domain/scaling.ts'
import { freePort } from '../../infra/local/ports.ts'
import { until } from '../../infra/local/process.ts'
import type { MinutePart } from '../../infra/ports/minute-store.ts'
import { createJobStore } from '../../infra/postgres/job-store.ts'
import { createKeyStore } from '../../infra/postgres/key-store.ts'
import { createMinuteStore } from '../../infra/postgres/minute-store.ts'
import { createNodeStore } from '../../infra/postgres/node-store.ts'
import { createScheduleStore } from '../../infra/postgres/schedule-store.ts'
import { DEAD_EXCHANGE, DEAD_QUEUE } from '../../infra/rabbitmq/topology.ts'
import { repeat } from '../../infra/runtime/repeat.ts'
import { addKey } from '../fakes/key-store.ts'
import { aClaim, aNewJob, anOutcome, claimed } from '../fixtures/jobs.ts'
import { sumsOf } from '../fixtures/minutes.ts'
import { aNodeDevice, aNodeWorker, aToldNode } from '../fixtures/nodes.ts'
import { silence } from '../fixtures/silence.ts'
import { type AutoscalerProcess, aSite } from '../integration/autoscaler/an-autoscaler.ts'

const MINUTE_MS = 60_000
const START_MS = 100_000
const TELL_MS = 10_000
/** Minutes in which all was well, and those in which pictures came slowly from storage. */
const WELL_MINUTES = 90
const SLOW_MINUTES = 6
const SLOW_FETCH_MS = 2_600
const AS_LONG = `
  update job set started_at = created_at + interval '40 ms', finished_at = created_at + interval '321 ms' where id = $1`

/** A fleet with something the matter with it, and whoever may look at it. */
export interface Incident {
  readonly url: string
  readonly pool: string
  readonly keys: Readonly<Record<'viewer' | 'operator' | 'second' | 'stranger', string>>
  /** a job that is over, and one that was given up */
  readonly jobs: Readonly<Record<'finished' | 'dead', string>>
  /** nodes that the fleet runs */
  count(): number
  /** More jobs that no worker takes. */
  queue(count: number): Promise<void>
  /** The autoscaler goes, and comes back where it was. */
  stop(): Promise<void>
  start(): Promise<void>
}

type Site = Awaited<ReturnType<typeof aSite>>

const tellMinutes = async ({ database, pool }: Site): Promise<void> => {
  const now = Date.now()
  const thisMinute = now - (now % MINUTE_MS)
  const parts = Array.from({ length: WELL_MINUTES }, (_, back): readonly MinutePart[] => {
    const isSlow = back < SLOW_MINUTES
    const sums = sumsOf(isSlow ? { fetch: SLOW_FETCH_MS, queue: 900 } : {}, {
      jobs: 60,
      batchSize: 4,
      full: isSlow ? 0.95 : 0.3,
    })
    const answered = {
      'answered/succeeded': { count: 58, total: 0, most: 0 },
      'answered/refused': { count: isSlow ? 2 : 0, total: 0, most: 0 },
    }
    return Object.entries({ ...sums, ...answered }).map(([series, sum]) => ({
      ...{ at: thisMinute - back * MINUTE_MS, pool, series: series as Series },
      ...sum,
    }))
  })
  await createMinuteStore(database).tell({ source: crypto.randomUUID(), number: 1, now, parts: parts.flat() })
}

/** They go on saying how they are: who does not is silent after a while. */
const addNodes = async ({ database, pool }: Site, ends: (() => unknown)[]): Promise<void> => {
  const store = createNodeStore(database)
  const pools = [pool]
  const devices = [aNodeDevice({ quarantine: { why: 'three faults in ten minutes', since: Date.now() } })]
  const nodes = [
    aToldNode({ name: 'gpu-07', pools, workers: [aNodeWorker({ pool })] }),
    aToldNode({ name: 'gpu-08', pools, version: '0.1.0', state: 'quarantined', devices }),
  ]
  const tell = async (): Promise<void> => {
    for (const node of nodes) await store.tell(node)
  }
  await tell()
  const telling = repeat('nodes', TELL_MS, silence().log, tell)
  // The next file has the same database, and must not find them silent.
  ends.push(async () => {
    await telling.stop()
    for (const { id } of nodes) await store.left(id)
  })
}

const addJobs = async ({ database }: Site): Promise<Incident['jobs']> => {
  const jobs = createJobStore(database)
  const { job: good } = await jobs.insert(aNewJob({ admitMs: 14, storeMs: 22, insertMs: () => 1 }))
  const timings = {
    ...{ fetchMs: 12, decodeMs: 40, batchWaitMs: 8, inferMs: 210, workMs: 270 },
    commitMs: 4,
    claimMs: 6,
  }
  await jobs.finish(anOutcome(claimed(await jobs.claim(aClaim(good.id))), { timings, writeMs: () => 5 }))
  // A job of nobody is over at once: it is given the time that it says it took.
  await database.query({ name: 'as-long', text: AS_LONG }, [good.id])
  const { job: dead } = await jobs.insert(aNewJob())
  while ((await jobs.claim(aClaim(dead.id, { takeOver: true }))).kind === 'claimed');
  const { id, tenant, task, lane, deadline } = dead
  const broker = await connect(process.env.RABBITMQ_URL as string)
  const channel = await broker.createConfirmChannel()
  await channel.purgeQueue(DEAD_QUEUE)
  const letter = Buffer.from(JSON.stringify({ v: 1, id, tenant, task, lane, deadline, attempt: 2 }))
  const headers = { 'x-muster-reason': 'exhausted', 'x-muster-at': new Date().toISOString() }
  channel.publish(DEAD_EXCHANGE, '', letter, { headers })
  await channel.waitForConfirms()
  await broker.close()
  return { finished: good.id, dead: id }
}

const addSchedule = async ({ database, pool }: Site): Promise<void> => {
  const window: ScheduleWindow = {
    ...{ name: 'opening', pool, timeZone: 'UTC', clause: 'floor', count: 1, start: '08:00', end: '18:00' },
    ...{ days: WEEKDAYS, dates: [], except: [], leadMinutes: 10, priority: 0 },
  }
  await createScheduleStore(database).put(window, 'a test')
}

/** Make one. @param ends what is to be undone, last first */
export const anIncident = async (ends: (() => unknown)[]): Promise<Incident> => {
  const site = await aSite(ends)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const keyStore = createKeyStore(site.database)
  const keyOf = (role: 'viewer' | 'operator', tenant = 'default') => addKey(keyStore, { tenant, role })
  let process_: AutoscalerProcess | undefined
  const start = async (): Promise<void> => {
    process_ = await site.start({ AUTOSCALER_PORT: String(port) })
    const isReady = () =>
      fetch(`${url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      )
    if (!(await until(isReady, START_MS, 50))) throw new Error(`the autoscaler is never ready:\n${process_.log()}`)
  }
  const stop = async (): Promise<void> => {
    process_?.child.kill('SIGTERM')
    await process_?.exited
  }
  const queue = async (count: number): Promise<void> => {
    const store = createJobStore(site.database)
    await Promise.all(Array.from({ length: count }, () => store.insert(aNewJob({ task: 'ocr' }))))
  }
  const group = site.job.groups.get(site.pool)
  if (group) group.stock = 100
  const [jobs] = await Promise.all([addJobs(site), tellMinutes(site), addNodes(site, ends), addSchedule(site)])
  await start()
  const keys = {
    viewer: await keyOf('viewer'),
    operator: await keyOf('operator'),
    second: await keyOf('operator'),
    stranger: await keyOf('operator', 'acme'),
  }
  return { url, pool: site.pool, keys, jobs, count: site.count, queue, start, stop }
}
