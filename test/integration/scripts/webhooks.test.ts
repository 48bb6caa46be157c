import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { WebhookEndpoint } from '../../../infra/domain/webhook.ts'
import type { DueDelivery } from '../../../infra/ports/webhook-outbox.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../infra/postgres/pool.ts'
import { createWebhookOutbox } from '../../../infra/postgres/webhook-outbox.ts'
import { createWebhookStore } from '../../../infra/postgres/webhook-store.ts'
import { anEndpoint } from '../../contract/webhook-store.ts'
import { silence } from '../../fixtures/silence.ts'

const MUSTER = fileURLToPath(new URL('../../../scripts/muster.ts', import.meta.url))
const url = process.env.DATABASE_URL as string

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const muster = (...args: readonly string[]): Promise<Ended> =>
  promisify(execFile)(process.execPath, [MUSTER, 'webhooks', ...args]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: Ended) => error,
  )

let db: Database
beforeAll(async () => {
  await migrate(url, silence().log)
  db = openPool({ url })
})
afterAll(() => db.end())

it('shows endpoints and what their receivers answered, and sends again what was refused', async () => {
  const [store, outbox, made] = [
    createWebhookStore(db),
    createWebhookOutbox(db),
    anEndpoint({ secret: 'not to be shown' }),
  ]
  const { tenant } = made
  const endpoint = (await store.create(made, 10)) as WebhookEndpoint
  const sendOne = async () => {
    const limits = { totalCount: 100, perTargetCount: 10, perTenantCount: 10, leaseMs: 60_000 }
    const [due] = (await outbox.due(limits)).filter((one) => one.tenant === tenant) as [DueDelivery]
    const outcome = { id: due.id, attempt: due.attempt, verdict: 'give-up', status: 500 } as const
    await outbox.settle({ ...outcome, error: 'STATUS_REFUSED', body: 'out of \u001b[31mpaper', durationMs: 41 }, 1e12)
    return due.id
  }
  await outbox.test(tenant, endpoint.id)
  const id = await sendOne()

  const listed = await muster('list', '--tenant', tenant)
  expect(listed.stdout).toContain(endpoint.url)
  expect(listed.stdout).not.toContain('not to be shown')
  const log = await muster('deliveries', '--tenant', tenant, '--endpoint', endpoint.id)
  expect(log.stdout).toMatch(
    new RegExp(`^msg_${id} +webhook.test .+ failed +1 +500 STATUS_REFUSED +out of \\.\\[31mpaper`, 'm'),
  )
  const shown = await muster('show', `msg_${id}`, '--tenant', tenant)
  expect(shown.stdout).toMatch(/^1 +\d{4}-\d{2}-\d{2}T[0-9:]+Z +500 +STATUS_REFUSED +41 ms$/m)
  expect((await muster('show', `msg_${id}`, '--tenant', 'other')).code).toBe(3)

  expect((await muster('replay', `msg_${id}`, '--tenant', tenant)).code).toBe(0)
  expect(await sendOne()).toBe(id)
  const range = ['--endpoint', endpoint.id, '--since', '24h'] as const
  expect((await muster('replay', '--tenant', tenant, ...range, '--until', '1h')).code).toBe(3)
  expect((await muster('replay', '--tenant', tenant, ...range)).code).toBe(0)
  expect(await sendOne()).toBe(id)
  await store.update(tenant, endpoint.id, { enabled: false })
  expect((await muster('list', '--tenant', tenant)).stdout).toMatch(/ off \(caller\) since \d{4}-\d{2}-\d{2}T[0-9:]+Z /)
})

it('says how it is used, and what is not there', async () => {
  const [missing] = [`msg_${crypto.randomUUID()}`]
  expect((await muster('replay', missing, '--tenant', 'nobody')).code).toBe(3)
  for (const args of [
    ['replay', '--tenant', 'nobody'],
    ['replay', missing, '--tenant', 'nobody', '--endpoint', crypto.randomUUID(), '--since', '1h'],
    ['deliveries', '--tenant', 'nobody', '--limit', '0'],
    ['list', '--tenant', 'no body'],
    ['show', 'nonsense', '--tenant', 'nobody'],
  ])
    expect([args, (await muster(...args)).code]).toEqual([args, 2])
})
