import type { Role } from '../domain/role.ts'
import type { TaskName } from '../domain/task.ts'
import type { ApiKey, KeyStore } from '../ports/key-store.ts'
import type { Database } from './pool.ts'
import type { Statement } from './statement.ts'

interface KeyRow {
  key_id: string
  secret_sha256: string
  tenant: string
  name: string
  role: Role
  scopes: TaskName[]
  created_by: string | null
  rotated_from: string | null
  created_at: Date
  expires_at: Date | null
  revoked_at: Date | null
  last_used_at: Date | null
}

const COLUMNS =
  'key_id, secret_sha256, tenant, name, role, scopes, created_by, rotated_from, created_at, expires_at, revoked_at, last_used_at'
const statement = (name: string, text: string): Statement => ({ name: `key.${name}`, text })

const CREATE = statement(
  'create',
  `insert into api_key (key_id, secret_sha256, tenant, name, role, scopes, created_by, expires_at)
   values ($1, $2, $3, $4, $5, $6, $7, to_timestamp($8::float8 / 1000)) returning ${COLUMNS}`,
)
const FIND = statement('find', `select ${COLUMNS} from api_key where key_id = $1`)
const LIST = statement(
  'list',
  `select ${COLUMNS} from api_key where $1::text is null or tenant = $1 order by created_at, key_id`,
)
const EXISTS = statement('exists', 'select 1 from api_key where key_id = $1 and ($2::text is null or tenant = $2)')
/** $1: the old key, $2: its tenant or null, $3: grace in ms, $4..$6: the new key. A limited life starts anew. */
const ROTATE = statement(
  'rotate',
  `with old as (
     select key_id, tenant, name, role, scopes, rotated_from, expires_at - created_at as life
       from api_key
      where key_id = $1 and ($2::text is null or tenant = $2) and revoked_at is null
        and (expires_at is null or expires_at > now())
        and not exists (select 1 from api_key successor where successor.rotated_from = $1)
        for update
   ), retired as (
     update api_key set expires_at = least(expires_at, now() + $3 * interval '1 millisecond')
      where key_id = (select key_id from old)
   ), ended as (
     update api_key set revoked_at = now()
      where key_id = (select rotated_from from old) and revoked_at is null
        and (expires_at is null or expires_at > now())
   )
   insert into api_key (key_id, secret_sha256, tenant, name, role, scopes, created_by, rotated_from, expires_at)
   select $4, $5, tenant, name, role, scopes, $6, key_id, now() + life from old
   returning ${COLUMNS}`,
)
const REVOKE = statement(
  'revoke',
  `update api_key set revoked_at = now()
    where key_id = $1 and ($2::text is null or tenant = $2) and revoked_at is null`,
)
/** The day is enough to find unused keys, and costs one write a day instead of one a request. */
const TOUCH = statement(
  'touch',
  `update api_key set last_used_at = date_trunc('day', now())
    where key_id = $1 and (last_used_at is null or last_used_at < date_trunc('day', now()))`,
)

const UNIQUE_VIOLATION = '23505'

const toKey = (row: KeyRow): ApiKey => ({
  keyId: row.key_id,
  tenant: row.tenant,
  name: row.name,
  role: row.role,
  scopes: row.scopes,
  createdBy: row.created_by,
  rotatedFrom: row.rotated_from,
  createdAt: row.created_at.getTime(),
  expiresAt: row.expires_at?.getTime() ?? null,
  revokedAt: row.revoked_at?.getTime() ?? null,
  lastUsedAt: row.last_used_at?.getTime() ?? null,
})

/** API keys in PostgreSQL. */
export const createKeyStore = (db: Database): KeyStore => {
  const within = (tenant: string | undefined): Pick<Database, 'query'> => (tenant === undefined ? db : db.as(tenant))
  return {
    async create({ keyId, secretSha256, tenant, name, role, scopes, createdBy, expiresAt }) {
      const values = [keyId, secretSha256, tenant, name, role, scopes, createdBy, expiresAt]
      const { rows } = await db.query<KeyRow>(CREATE, values)
      return toKey(rows[0] as KeyRow)
    },
    async find(keyId) {
      const { rows } = await db.query<KeyRow>(FIND, [keyId])
      return rows[0] && { key: toKey(rows[0]), secretSha256: rows[0].secret_sha256 }
    },
    async list(tenant) {
      return (await within(tenant).query<KeyRow>(LIST, [tenant ?? null])).rows.map(toKey)
    },
    async rotate({ from, tenant, next, graceMs }) {
      const reach = within(tenant)
      const values = [from, tenant ?? null, graceMs, next.keyId, next.secretSha256, next.createdBy]
      try {
        const { rows } = await reach.query<KeyRow>(ROTATE, values)
        if (rows[0]) return { kind: 'rotated', key: toKey(rows[0]) }
      } catch (error) {
        // Another rotation of the same key was under way, unseen by this one.
        if ((error as { code?: unknown }).code === UNIQUE_VIOLATION) return { kind: 'spent' }
        throw error
      }
      const { rowCount } = await reach.query(EXISTS, [from, tenant ?? null])
      return { kind: rowCount === 0 ? 'missing' : 'spent' }
    },
    async revoke(keyId, tenant) {
      return (await within(tenant).query(REVOKE, [keyId, tenant ?? null])).rowCount === 1
    },
    async touch(keyId) {
      await db.query(TOUCH, [keyId])
    },
  }
}
