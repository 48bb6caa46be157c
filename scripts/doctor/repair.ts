import { userInfo } from 'node:os'
import type { Finding } from '../../infra/doctor/finding.ts'
import type { AuditLog } from '../../infra/ports/audit-log.ts'
import type { Database } from '../../infra/postgres/pool.ts'
import type { Env } from './env.ts'
import { poolsOf } from './examine.ts'
import { secretValue } from './secret-value.ts'

/** Jobs ended in one statement. */
const LIMIT = 500

interface RepairContext {
  readonly env: Env
  readonly db: Database
}

/** Mends what one check found. @returns what was done, in words */
type Repair = (context: RepairContext) => Promise<string>

const declareQueues: Repair = async ({ env }) => {
  const { setUpBroker } = await import('../../infra/rabbitmq/set-up.ts')
  await setUpBroker(
    env.RABBITMQ_URL ?? '',
    poolsOf(env).map(({ name }) => name),
  )
  return 'declared what was missing in the broker'
}

const endOverdue: Repair = async ({ db }) => {
  const { createJobStore } = await import('../../infra/postgres/job-store.ts')
  const jobs = createJobStore(db)
  let endedCount = 0
  for (;;) {
    const ended = (await jobs.expireOverdue(0, LIMIT)) + (await jobs.endCanceling(0, LIMIT))
    endedCount += ended
    if (ended === 0) return `ended ${endedCount} jobs whose deadline had passed`
  }
}

/** A message that was not lost after all comes twice, which the claim makes harmless. */
const publishAgain: Repair = async ({ db }) => {
  const { createPublishRecord } = await import('../../infra/postgres/publish-record.ts')
  return `had the api publish ${await createPublishRecord(db).forget()} queued jobs again`
}

/** Sealed anew with the present key, whatever sealed it before; what no key opens stays. */
const resealSecrets: Repair = async ({ env, db }) => {
  const { resealWebhookSecrets } = await import('../../infra/postgres/reseal.ts')
  const { boxOf, isSealedBy } = await import('../../infra/webhooks/secret-box.ts')
  const keys = secretValue(env, 'WEBHOOK_SECRET_KEY')
  if (keys === undefined) return 'sealed no webhook secret: WEBHOOK_SECRET_KEY is not set'
  const box = boxOf(keys)
  const count = await resealWebhookSecrets(db, (sealed, tenant) => {
    if (isSealedBy(keys, sealed)) return undefined
    try {
      return box.seal(box.open(sealed, tenant), tenant)
    } catch {
      return undefined
    }
  })
  return `sealed ${count} webhook secrets with the present key`
}

/** What is safe to do without asking. Migrations are not: they are run by whoever upgrades. */
const REPAIRS: readonly (readonly [string, RegExp, Repair])[] = [
  ['topology', /missing/, declareQueues],
  ['stuck-jobs', /./, endOverdue],
  ['orphan-jobs', /./, publishAgain],
  ['webhook-secrets', /present key|readable|not there/, resealSecrets],
]

/**
 * Mend what can be mended safely; each is on the audit trail before it is done.
 * @returns what was done, in words
 */
export const repair = async (
  findings: readonly Finding[],
  env: Env,
  open: { readonly db: Database; readonly audit: AuditLog },
): Promise<readonly string[]> => {
  const done: string[] = []
  for (const [check, words, mend] of REPAIRS) {
    const found = findings.find((one) => one.check === check && one.state !== 'ok' && words.test(one.detail))
    if (!found) continue
    const actor = `cli:${userInfo().username}`
    const event = { actor, channel: 'cli', tenant: null, action: 'doctor_repaired', target: check } as const
    await open.audit.record({ ...event, details: { found: found.detail } })
    done.push(await mend({ env, db: open.db }))
  }
  return done
}
