import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Json } from '../../../../infra/domain/json.ts'
import { MESSAGE_VERSION } from '../../../../infra/domain/message.ts'
import { openBlobStore } from '../../../../infra/object-storage/open-blob-store.ts'
import type { JobQueue } from '../../../../infra/ports/job-queue.ts'
import type { JobStore } from '../../../../infra/ports/job-store.ts'
import { createBootRecord } from '../../../../infra/postgres/boot-record.ts'
import { createJobStore } from '../../../../infra/postgres/job-store.ts'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { openJobQueue } from '../../../../infra/rabbitmq/job-queue.ts'
import { setUpBroker } from '../../../../infra/rabbitmq/set-up.ts'
import { aNewJob } from '../../../fixtures/jobs.ts'
import { silence } from '../../../fixtures/silence.ts'
import { ANode, until } from './a-node.ts'

const { log, metrics } = silence()
const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
const databaseUrl = process.env.DATABASE_URL as string
const rabbitmqUrl = process.env.RABBITMQ_URL as string
const folder = mkdtempSync(join(tmpdir(), 'muster-node-'))
const storageUrl = `file://${folder}/blobs`
const nodes: ANode[] = []
let db: Database
let jobs: JobStore
let queue: JobQueue & { close(): Promise<void> }

beforeAll(async () => {
  await migrate(databaseUrl, log)
  db = openPool({ url: databaseUrl })
  jobs = createJobStore(db)
  queue = await openJobQueue({ url: rabbitmqUrl, log, metrics })
  const { store } = openBlobStore(storageUrl)
  await store.put('pictures/image', await readFile(pathOf('../../../fixtures/person_a_2009.jpg')), 'image/jpeg')
  await store.close()
})

afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.destroy()))
})

afterAll(async () => {
  await queue.close()
  await db.end()
  rmSync(folder, { recursive: true })
})

/** A pipe that blocks whoever opens it to read, until the test lets it go. */
const aGate = () => {
  const path = join(folder, crypto.randomUUID())
  execFileSync('mkfifo', [path])
  return {
    path,
    /** whoever waits at it already goes on */
    letGo: () => writeFile(path, 'go'),
    /** whoever waits at it already waits for ever */
    replace() {
      rmSync(path)
      writeFileSync(path, 'no pipe any more')
    },
  }
}

/** A node of real worker processes whose model does what the job's options say. */
const aNode = async (count: number, jobTimeoutMs = 20_000) => {
  const pool = `pool-${crypto.randomUUID().slice(0, 8)}`
  await setUpBroker(rabbitmqUrl, [pool])
  const node = new ANode(`${pool}=${count}`, {
    NODE_WORKER_PROGRAM: pathOf('../../../../worker/main.ts'),
    DATABASE_URL: databaseUrl,
    RABBITMQ_URL: rabbitmqUrl,
    STORAGE_URL: storageUrl,
    ENCRYPTION: 'off',
    MODELS_DIR: 'fine',
    WORKER_TASK_MODULE: new URL('../../../fixtures/tasks/scripted.ts', import.meta.url).href,
    WORKER_JOB_TIMEOUT_MS: String(jobTimeoutMs),
    WORKER_GRACE_MS: '25000',
    POOLS: `${pool}=ocr`,
  })
  nodes.push(node)
  await node.settled(pool, count)
  return { node, pool }
}

const submit = async (pool: string, options: Record<string, Json>) => {
  const pictures = [{ name: 'image', key: 'pictures/image', sha256: null, bytes: 1 }]
  const { job } = await jobs.insert(aNewJob({ task: 'ocr', input: { pictures, options } }))
  const { id, task, tenant, lane, deadline } = job
  await queue.publish({ message: { v: MESSAGE_VERSION, id, task, tenant, lane, deadline, attempt: 0 }, pool })
  const seen = () => jobs.find(tenant, id)
  return {
    seen,
    in: (state: string) =>
      until(`job is ${state}`, async () => {
        const job = await seen()
        return job?.state === state && job
      }),
  }
}

describe('a node of real workers', () => {
  it('takes jobs, and shows what all its workers did', async () => {
    const { node, pool } = await aNode(2)
    const all = await Promise.all([1, 2, 3, 4].map((echo) => submit(pool, { echo })))
    for (const job of all) await job.in('succeeded')
    const lines = await node.metrics('muster_jobs_finished_total{task="ocr"')
    expect(lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)).toBe(4)
  })

  it('tells when its workers started, were ready and had their first job done', async () => {
    const { pool } = await aNode(1)
    const starts = () => createBootRecord(db).starts(pool, 0, 10)
    const [ready] = await until('it is told to be ready', async () => {
      const told = await starts()
      return told[0]?.readyAt != null && told
    })
    expect(ready).toMatchObject({ pool, firstJobAt: null, device: 'cpu' })
    expect(ready?.readyAt).toBeGreaterThan(ready?.startedAt ?? Number.NaN)
    for (const echo of [1, 2]) await (await submit(pool, { echo })).in('succeeded')
    const [worked] = await until('its first job is told', async () => {
      const told = await starts()
      return told[0]?.firstJobAt != null && told
    })
    expect(worked).toEqual({ ...ready, firstJobAt: expect.any(Number) })
  })

  it('finishes the job in hand when it is told to stop', async () => {
    const { node, pool } = await aNode(1)
    const gate = aGate()
    const job = await submit(pool, { do: 'native-hang', path: gate.path })
    await job.in('running')
    node.process.kill('SIGTERM')
    await until('it drains', () => node.logged('draining').length > 0)
    await gate.letGo()
    expect(await node.ended).toEqual({ code: 0, signal: null })
    expect(await job.seen()).toMatchObject({ state: 'succeeded', attempt: 1 })
  })

  it('replaces a worker whose model hangs in native code, and the job gets another attempt', async () => {
    const { node, pool } = await aNode(1, 3_000)
    const gate = aGate()
    const job = await submit(pool, { do: 'native-hang', path: gate.path, echo: 'mended' })
    await until('the worker ended', () => node.logged('a worker ended').length === 1)
    gate.replace()
    expect(node.logged('a worker ended')[0]).toMatchObject({ signal: 'SIGKILL', reason: 'signal' })
    expect(await job.in('succeeded')).toMatchObject({ attempt: 2, result: { echo: 'mended' } })
  })

  it("brings a killed worker's job to its end", async () => {
    const { node, pool } = await aNode(2)
    const gate = aGate()
    const job = await submit(pool, { do: 'native-hang', path: gate.path })
    await job.in('running')
    const busy = await until('one is busy', async () => (await node.report()).workers.find((worker) => worker.busy > 0))
    gate.replace()
    process.kill(Number(busy.pid), 'SIGKILL')
    expect(await job.in('succeeded')).toMatchObject({ attempt: 2 })
    await node.settled(pool, 2)
  })
})
