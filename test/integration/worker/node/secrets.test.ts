import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import type { WrappedKey } from '../../../../infra/domain/job.ts'
import { MESSAGE_VERSION } from '../../../../infra/domain/message.ts'
import { newKeyLine } from '../../../../infra/encryption/key-file.ts'
import { openPictureSealer } from '../../../../infra/encryption/picture-sealer.ts'
import { openBlobStore } from '../../../../infra/object-storage/open-blob-store.ts'
import { createJobStore } from '../../../../infra/postgres/job-store.ts'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { openPool } from '../../../../infra/postgres/pool.ts'
import { openJobQueue } from '../../../../infra/rabbitmq/job-queue.ts'
import { setUpBroker } from '../../../../infra/rabbitmq/set-up.ts'
import { aNewJob } from '../../../fixtures/jobs.ts'
import { aSecretFile } from '../../../fixtures/secret-files.ts'
import { silence } from '../../../fixtures/silence.ts'
import { ANode, until } from './a-node.ts'

const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
const { DATABASE_URL = '', RABBITMQ_URL = '' } = process.env

/** A worker with keys in a file, and callers whose pictures are sealed with the keys as they are at their api. */
const start = async (keys: string) => {
  const { log, metrics } = silence()
  const pool = `pool-${crypto.randomUUID().slice(0, 8)}`
  await migrate(DATABASE_URL, log)
  await setUpBroker(RABBITMQ_URL, [pool])
  const db = openPool({ url: DATABASE_URL })
  onTestFinished(() => db.end())
  const queue = await openJobQueue({ url: RABBITMQ_URL, log, metrics })
  onTestFinished(() => queue.close())
  const file = aSecretFile(keys)
  const storageUrl = `file://${file.path}-blobs`
  const { store } = openBlobStore(storageUrl)
  const node = new ANode(`${pool}=1`, {
    NODE_WORKER_PROGRAM: pathOf('../../../../worker/main.ts'),
    DATABASE_URL,
    RABBITMQ_URL,
    STORAGE_URL: storageUrl,
    ENCRYPTION_KEYS_FILE: file.path,
    MODELS_DIR: 'fine',
    WORKER_TASK_MODULE: new URL('../../../fixtures/tasks/scripted.ts', import.meta.url).href,
    WORKER_JOB_TIMEOUT_MS: '3000',
    WORKER_GRACE_MS: '10000',
    POOLS: `${pool}=ocr`,
  })
  onTestFinished(() => node.destroy())
  await node.settled(pool, 1)
  const jobs = createJobStore(db)
  const picture = await readFile(pathOf('../../../fixtures/person_a_2009.jpg'))
  /** how a job ends whose picture an api sealed with these keys */
  const check = async (sealedWith: string) => {
    const id = crypto.randomUUID()
    const { sealed, seal } = await openPictureSealer({ ENCRYPTION: 'on', ENCRYPTION_KEYS: sealedWith }).begin(
      'acme',
      id,
    )
    const key = `pictures/${id}/image`
    const body = seal('image', picture)
    await store.put(key, body, 'application/octet-stream')
    const pictures = [{ name: 'image', key, sha256: '0'.repeat(64), bytes: body.length }]
    const input = { pictures, options: { echo: 'seen' }, sealed: sealed as WrappedKey }
    const { job } = await jobs.insert(aNewJob({ id, tenant: 'acme', task: 'ocr', input }))
    const { task, tenant, lane, deadline } = job
    await queue.publish({ message: { v: MESSAGE_VERSION, id, task, tenant, lane, deadline, attempt: 0 }, pool })
    return until('the job is over', async () => {
      const seen = await jobs.find(tenant, id)
      return seen?.finishedAt !== null && seen
    })
  }
  return { file, node, check }
}

it('a worker opens what was sealed with a key that was added while it runs, at the first attempt', async () => {
  const first = newKeyLine('first')
  const next = `${newKeyLine('next')}\n${first}`
  const { file, node, check } = await start(first)
  const seen = { state: 'succeeded', attempt: 1, result: { echo: 'seen' } }
  expect(await check(first)).toMatchObject(seen)
  file.write(next)
  expect(await check(next)).toMatchObject(seen)
  file.write('no key at all')
  const metric = 'muster_secrets_unusable{secret="ENCRYPTION_KEYS"'
  await until('the worker says so', async () => (await node.metrics(metric)).some((line) => line.endsWith(' 1')))
  expect(await check(next)).toMatchObject(seen)
  expect(await check(first)).toMatchObject(seen)
})
