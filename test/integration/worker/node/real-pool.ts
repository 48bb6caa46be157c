import { mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Json } from '../../../../infra/domain/json.ts'
import { MESSAGE_VERSION } from '../../../../infra/domain/message.ts'
import { openBlobStore } from '../../../../infra/object-storage/open-blob-store.ts'
import { createJobStore } from '../../../../infra/postgres/job-store.ts'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { openPool } from '../../../../infra/postgres/pool.ts'
import { openJobQueue } from '../../../../infra/rabbitmq/job-queue.ts'
import { setUpBroker } from '../../../../infra/rabbitmq/set-up.ts'
import { aNewJob } from '../../../fixtures/jobs.ts'
import { silence } from '../../../fixtures/silence.ts'
import { until } from './a-node.ts'

const { log, metrics } = silence()
const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
const databaseUrl = process.env.DATABASE_URL as string
const rabbitmqUrl = process.env.RABBITMQ_URL as string

/** The private servers with a picture in storage: what real worker processes need to take jobs. */
export const openRealServers = async () => {
  await migrate(databaseUrl, log)
  const folder = mkdtempSync(join(tmpdir(), 'muster-node-'))
  const storageUrl = `file://${folder}/blobs`
  const db = openPool({ url: databaseUrl })
  const jobs = createJobStore(db)
  const queue = await openJobQueue({ url: rabbitmqUrl, log, metrics })
  const { store } = openBlobStore(storageUrl)
  await store.put('pictures/image', await readFile(pathOf('../../../fixtures/person_a_2009.jpg')), 'image/jpeg')
  await store.close()

  /** A pool of its own, with what its workers are started with: real processes whose model does what a job's options say. */
  const aPool = async () => {
    const pool = `pool-${crypto.randomUUID().slice(0, 8)}`
    await setUpBroker(rabbitmqUrl, [pool])
    const env = {
      DATABASE_URL: databaseUrl,
      RABBITMQ_URL: rabbitmqUrl,
      STORAGE_URL: storageUrl,
      ENCRYPTION: 'off',
      MODELS_DIR: 'fine',
      WORKER_TASK_MODULE: new URL('../../../fixtures/tasks/scripted.ts', import.meta.url).href,
      WORKER_JOB_TIMEOUT_MS: '9000',
      WORKER_GRACE_MS: '10000',
      POOLS: `${pool}=ocr`,
    }
    return { pool, env }
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

  return {
    folder,
    db,
    aPool,
    submit,
    async close() {
      await queue.close()
      await db.end()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** What `openRealServers` answers. */
export type RealServers = Awaited<ReturnType<typeof openRealServers>>

/** The program of a real worker process. */
export const WORKER_PROGRAM = pathOf('../../../../worker/main.ts')
