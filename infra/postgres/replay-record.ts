import type { ReplayRecord } from '../ports/replay-record.ts'
import type { Queryable, Statement } from './statement.ts'

/** Twice as long as a signature can be good for: five minutes early and five minutes late. */
const KEPT = `interval '15 minutes'`

/** One statement: of two processes that hear the same at once one is told that it is new. */
const NOTE: Statement = {
  name: 'replay.note',
  text: `
    with forgotten as (delete from slack_replay where seen_at < now() - ${KEPT} and key <> $1)
    insert into slack_replay as r (key) values ($1)
        on conflict (key) do update set seen_at = now() where r.seen_at < now() - ${KEPT}
    returning 1`,
}

/** What was heard once, in PostgreSQL. */
export const createReplayRecord = (db: Queryable): ReplayRecord => ({
  isNew: async (key) => (await db.query(NOTE, [key])).rowCount === 1,
})
