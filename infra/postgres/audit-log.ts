import type { Json } from '../domain/json.ts'
import type { AuditEntry, AuditEvent, AuditHead, AuditLog, AuditTrail } from '../ports/audit-log.ts'
import { bodyOf } from '../runtime/audit-chain.ts'
import { coalesce } from '../runtime/coalesce.ts'
import type { Queryable, Statement } from './statement.ts'

interface EntryRow {
  readonly seq: string
  readonly at: Date
  readonly actor: string
  readonly channel: AuditEvent['channel']
  readonly action: string
  readonly tenant: string | null
  readonly target: string
  readonly details: { readonly [name: string]: Json }
  readonly request_id: string | null
  readonly previous_hash: string
  readonly hash: string
}
type HeadRow = Pick<EntryRow, 'seq' | 'hash'>

/** The row of the head lets one writer in at a time: a second slot would only wait in the database. */
const GROUPING = { maxItems: 500, slotCount: 1 }

const COLUMNS = 'seq, at, actor, channel, action, tenant, target, details, request_id, previous_hash, hash'
const statement = (name: string, text: string): Statement => ({ name: `audit.${name}`, text })

const APPEND = statement('append', 'select seq, hash from append_audit($1::text[])')
const HEAD = statement('head', 'select seq, hash from audit_head')
const AFTER = statement('after', `select ${COLUMNS} from audit_entry where seq > $1 order by seq limit $2`)
const LIST = statement(
  'list',
  `select ${COLUMNS} from audit_entry
    where ($1::text is null or tenant = $1) and ($2::text is null or action = $2)
      and ($3::float8 is null or at >= to_timestamp($3 / 1000.0)) and ($4::bigint is null or seq < $4)
    order by seq desc limit $5`,
)

const toHead = ({ seq, hash }: HeadRow): AuditHead => ({ seq: Number(seq), hash })

const toEntry = (row: EntryRow): AuditEntry => {
  const { actor, channel, action, tenant, target, details } = row
  const requestId = row.request_id === null ? {} : { requestId: row.request_id }
  const facts = { actor, channel, action, tenant, target, details, ...requestId }
  return { ...facts, ...toHead(row), at: row.at.getTime(), previousHash: row.previous_hash }
}

/** The audit trail in PostgreSQL. It belongs to the system: `db` reaches every tenant's entries. */
export const createAuditLog = (db: Queryable): AuditLog & AuditTrail => {
  const append = coalesce(async (events: readonly AuditEvent[]) => {
    await db.query<HeadRow>(APPEND, [events.map(bodyOf)])
    return events.map(() => undefined)
  }, GROUPING)
  return {
    record: (event) => append(event),
    async list({ tenant = null, action = null, since = null, before = null, limit }) {
      return (await db.query<EntryRow>(LIST, [tenant, action, since, before, limit])).rows.map(toEntry)
    },
    async after(seq, limit) {
      return (await db.query<EntryRow>(AFTER, [seq, limit])).rows.map(toEntry)
    },
    async head() {
      return toHead((await db.query<HeadRow>(HEAD, [])).rows[0] as HeadRow)
    },
  }
}
