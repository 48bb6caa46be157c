import type { PublishRecord } from '../ports/publish-record.ts'
import type { Database } from './pool.ts'
import type { Statement } from './statement.ts'

/** `queued_at` stays: whoever waited longest is published first. */
const FORGET: Statement = {
  name: 'publish-record.forget',
  text: `update job set published_at = null where state = 'queued' and published_at is not null`,
}

/** The record in PostgreSQL. */
export const createPublishRecord = (db: Pick<Database, 'query'>): PublishRecord => ({
  async forget() {
    const { rowCount } = await db.query(FORGET, [])
    return rowCount ?? 0
  },
})
