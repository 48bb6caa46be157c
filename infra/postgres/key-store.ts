import type { ApiKey, KeyStore } from '../ports/key-store.ts'
import type { Database, Statement } from './pool.ts'

interface KeyRow {
  key_id: string
  secret_sha256: string
  tenant: string
  name: string
  created_at: Date
  expires_at: Date | null
  revoked_at: Date | null
  last_used_at: Date | null
}

const COLUMNS = 'key_id, secret_sha256, tenant, name, created_at, expires_at, revoked_at, last_used_at'
const statement = (name: string, text: string): Statement => ({ name: `key.${name}`, text })

const CREATE = statement(
  'create',
  `insert into api_key (key_id, secret_sha256, tenant, name, expires_at)
   values ($1, $2, $3, $4, to_timestamp($5::float8 / 1000)) returning ${COLUMNS}`,
)
const FIND = statement('find', `select ${COLUMNS} from api_key where key_id = $1`)
const LIST = statement(
  'list',
  `select ${COLUMNS} from api_key where $1::text is null or tenant = $1 order by created_at, key_id`,
)
const REVOKE = statement('revoke', 'update api_key set revoked_at = now() where key_id = $1 and revoked_at is null')
/** The day is enough to find unused keys, and costs one write a day instead of one a request. */
const TOUCH = statement(
  'touch',
  `update api_key set last_used_at = date_trunc('day', now())
    where key_id = $1 and (last_used_at is null or last_used_at < date_trunc('day', now()))`,
)

const toKey = (row: KeyRow): ApiKey => ({
  keyId: row.key_id,
  tenant: row.tenant,
  name: row.name,
  createdAt: row.created_at.getTime(),
  expiresAt: row.expires_at?.getTime() ?? null,
  revokedAt: row.revoked_at?.getTime() ?? null,
  lastUsedAt: row.last_used_at?.getTime() ?? null,
})

/** API keys in PostgreSQL. */
export const createKeyStore = (db: Database): KeyStore => ({
  async create({ keyId, secretSha256, tenant, name, expiresAt }) {
    const { rows } = await db.query<KeyRow>(CREATE, [keyId, secretSha256, tenant, name, expiresAt])
    return toKey(rows[0] as KeyRow)
  },
  async find(keyId) {
    const { rows } = await db.query<KeyRow>(FIND, [keyId])
    return rows[0] && { key: toKey(rows[0]), secretSha256: rows[0].secret_sha256 }
  },
  async list(tenant) {
    return (await db.query<KeyRow>(LIST, [tenant ?? null])).rows.map(toKey)
  },
  async revoke(keyId) {
    return (await db.query(REVOKE, [keyId])).rowCount === 1
  },
  async touch(keyId) {
    await db.query(TOUCH, [keyId])
  },
})
