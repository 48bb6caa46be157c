import type { Database } from './pool.ts'
import type { Statement } from './statement.ts'

interface Stored {
  readonly key: string
  readonly tenant: string
  readonly sealed: string
}

/** Where webhook secrets lie: a table, what names a row in it, and the column. */
const PLACES = ['secret', 'previous_secret'].flatMap((column) => [
  { table: 'webhook_endpoint', key: 'id::text', column },
  { table: 'webhook_secret', key: 'tenant', column },
])

const statement = (name: string, text: string): Statement => ({ name: `reseal.${name}`, text })

/**
 * Seal every stored webhook secret anew. One that changed meanwhile is left as it is.
 * @param reseal answers the same secret as it shall be stored; undefined = it stays
 * @returns how many were stored anew
 */
export const resealWebhookSecrets = async (
  db: Database,
  reseal: (sealed: string, tenant: string) => string | undefined,
): Promise<number> => {
  let count = 0
  for (const { table, key, column } of PLACES) {
    const name = `${table}.${column}`
    const stored = statement(
      `read ${name}`,
      `select ${key} as key, tenant, ${column} as sealed from ${table} where ${column} is not null`,
    )
    const change = statement(`write ${name}`, `update ${table} set ${column} = $3 where ${key} = $1 and ${column} = $2`)
    for (const row of (await db.query<Stored & { key: string }>(stored, [])).rows) {
      const next = reseal(row.sealed, row.tenant)
      if (next !== undefined) count += (await db.query(change, [row.key, row.sealed, next])).rowCount ?? 0
    }
  }
  return count
}
