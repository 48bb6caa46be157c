import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuditLog } from '../../../../infra/postgres/audit-log.ts'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { type Database, openPool } from '../../../../infra/postgres/pool.ts'
import { describeAuditLog } from '../../../contract/audit-log.ts'
import { silence } from '../../../fixtures/silence.ts'

const url = process.env.DATABASE_URL as string
let db: Database
beforeAll(async () => {
  await migrate(url, silence().log)
  db = openPool({ url, maxCount: 4 })
})
afterAll(() => db.end())

describeAuditLog('PostgreSQL', async () => createAuditLog(db))

describe('the table of the trail', () => {
  const event = { actor: 'k', channel: 'api', action: 'a', tenant: randomUUID(), target: 't' } as const
  const sql = (text: string) => ({ name: `test ${text}`.slice(0, 60), text })

  it.each([
    `update audit_entry set actor = 'x' where seq = 1`,
    'delete from audit_entry where seq = 1',
    'truncate audit_entry',
    'delete from audit_head',
    `update audit_head set hash = 'x'`,
    'update audit_head set seq = seq - 1',
  ])('refuses: %s', async (text) => {
    await createAuditLog(db).record(event)
    await expect(db.query(sql(text), [])).rejects.toThrow(/append-only|permission denied/)
  })

  it('shows a tenant its own entries only', async () => {
    const log = createAuditLog(db)
    await log.record(event)
    await log.record({ ...event, tenant: null })
    const { rows } = await db.as(event.tenant).query(sql('select distinct tenant from audit_entry'), [])
    expect(rows).toEqual([{ tenant: event.tenant }])
  })
})
