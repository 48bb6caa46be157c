import { join } from 'node:path'
import { connect } from 'amqplib'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MESSAGE_VERSION } from '../../infra/domain/message.ts'
import { until } from '../../infra/local/process.ts'
import { contractOf } from '../../infra/postgres/contract.ts'
import { migrate, migrationStatus } from '../../infra/postgres/migrate.ts'
import { queueName } from '../../infra/rabbitmq/topology.ts'
import { migrationTexts } from '../../scripts/release/check.ts'
import { extractCommit } from '../../scripts/release/commit-tree.ts'
import { lastRelease } from '../../scripts/release/record.ts'
import { ROOT } from '../../scripts/stack/folder.ts'
import { silence } from '../fixtures/silence.ts'
import { type Part, POOL, ReleaseStack } from './release-stack.ts'

const last = lastRelease(join(ROOT, 'releases'))
const CHECK_COUNT = 6
const PATIENCE_MS = 60_000

interface Job {
  readonly status: string
  readonly result: { readonly live: boolean } | null
}

let stack: ReleaseStack
let old: string
let key: string
let [oldApi, oldWorker]: Part[] = []

const picture = async (): Promise<string> => {
  const size = { width: 32, height: 32, channels: 3 as const }
  return (
    await sharp({ create: { ...size, background: '#888' } })
      .jpeg()
      .toBuffer()
  ).toString('base64')
}

/** A check whose caller waits for the answer. */
const check = async ({ url }: Part): Promise<Job> => {
  const answer = await fetch(`${url}/v1/liveness`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', prefer: 'wait=30' },
    body: JSON.stringify({ image: { base64: await picture() } }),
  })
  expect(answer.status).toBe(200)
  return (await answer.json()) as Job
}

const checks = async (...apis: readonly (Part | undefined)[]): Promise<readonly string[]> => {
  const asked = apis.filter((api) => api !== undefined)
  expect(asked).toHaveLength(apis.length)
  const jobs = await Promise.all(asked.flatMap((api) => Array.from({ length: CHECK_COUNT }, () => check(api))))
  return jobs.map(({ status, result }) => `${status}, ${result?.live}`)
}
const allWell = (apiCount: number): readonly string[] => Array(apiCount * CHECK_COUNT).fill('succeeded, true')

/** A message as a later release would send it: whatever is in it, only its version may be looked at. */
const TOO_NEW = { v: MESSAGE_VERSION + 98, id: 'of another form', task: { name: 'liveness' } }

const withBroker = async <T>(
  work: (channel: Awaited<ReturnType<Awaited<ReturnType<typeof connect>>['createConfirmChannel']>>) => Promise<T>,
): Promise<T> => {
  const connection = await connect(stack.brokerUrl)
  try {
    return await work(await connection.createConfirmChannel())
  } finally {
    await connection.close()
  }
}

/** The last release in use, with jobs in its database; then this version's migrations, under its processes' feet. */
beforeAll(async () => {
  stack = await ReleaseStack.open()
  old = join(stack.dir, 'last-release')
  extractCommit(ROOT, last.commit, old)
  await stack.muster(old, 'migrate')
  key = await stack.muster(old, 'keys', 'create', '--tenant', 'releases', '--name', 'releases')
  ;[oldApi, oldWorker] = await Promise.all([stack.start(old, 'api'), stack.start(old, 'worker')])
  expect(await checks(oldApi)).toEqual(allWell(1))
  await migrate(stack.databaseUrl, silence().log)
}, 300_000)
afterAll(() => stack.close())

describe('while a release rolls', () => {
  let api: Part
  let worker: Part

  it('the last release goes on in the migrated database: what it could not live with waits', async () => {
    const released = new Set(last.migrations.map(({ file }) => file))
    const contracts = migrationTexts(ROOT).filter(({ file, sql }) => !released.has(file) && contractOf(sql))
    const { missing, contractsWaiting } = await migrationStatus(stack.databaseUrl)
    expect(missing).toEqual([])
    expect(contractsWaiting).toEqual(contracts.map(({ file }) => file))
    expect(await checks(oldApi)).toEqual(allWell(1))
  })

  it('the last release’s worker answers callers of both apis', async () => {
    api = await stack.start(ROOT, 'api')
    expect(await checks(api, oldApi)).toEqual(allWell(2))
  })

  it('the last release’s worker hands back what is too new for it, and ends in order', async () => {
    const queue = queueName(POOL, 'interactive')
    await withBroker(async (channel) => {
      channel.sendToQueue(queue, Buffer.from(JSON.stringify(TOO_NEW)), { persistent: true })
      await channel.waitForConfirms()
    })
    // It has it in hand for a second and goes on with what it can do meanwhile.
    expect(await checks(oldApi)).toEqual(allWell(1))
    expect(await oldWorker?.end()).toBe(true)
    await withBroker(async (channel) => {
      const seen: object[] = []
      const isThere = async () => {
        const message = await channel.get(queue, { noAck: false })
        if (message) seen.push({ ...message.fields, body: JSON.parse(message.content.toString()) })
        return seen.length > 0
      }
      expect(await until(isThere, PATIENCE_MS)).toBe(true)
      expect(seen[0]).toMatchObject({ redelivered: true, body: TOO_NEW })
      // Nobody here is to be kept busy with it from now on.
      await channel.purgeQueue(queue)
      channel.ackAll()
    })
  })

  it('this release’s worker answers callers of both apis', async () => {
    worker = await stack.start(ROOT, 'worker')
    expect(await checks(api, oldApi)).toEqual(allWell(2))
  })

  it('all of them end in order', async () => {
    expect(await Promise.all([oldApi, api, worker].map((part) => part?.end()))).toEqual([true, true, true])
  })
})
