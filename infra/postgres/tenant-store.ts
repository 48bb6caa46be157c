import type { TenantSettings } from '../domain/tenant.ts'
import type { Tenant, TenantStore } from '../ports/tenant-store.ts'
import type { Database } from './pool.ts'
import type { Statement } from './statement.ts'

/** Which column holds which setting: the only bridge between the two. */
const COLUMNS = {
  weight: 'weight',
  maxInFlightCount: 'max_in_flight_count',
  ratePerSecond: 'rate_per_second',
  burstCount: 'burst_count',
  pictureTtlMs: 'picture_ttl_ms',
  resultTtlMs: 'result_ttl_ms',
} as const satisfies Record<keyof TenantSettings, string>

type TenantRow = { name: string } & Record<(typeof COLUMNS)[keyof TenantSettings], number | null>

const NAMES = Object.keys(COLUMNS) as (keyof TenantSettings)[]
const LISTED = Object.values(COLUMNS).join(', ')
const statement = (name: string, text: string): Statement => ({ name: `tenant.${name}`, text })

const FIND = statement('find', `select name, ${LISTED} from tenant where name = $1`)
const LIST = statement('list', `select name, ${LISTED} from tenant order by name`)
/** $2: a JSON object with the columns to change; a member that is null empties its column. */
const SET = statement(
  'set',
  `insert into tenant as t (name, ${LISTED})
   select $1, ${Object.values(COLUMNS)
     .map((column) => `($2::jsonb->>'${column}')::float8`)
     .join(', ')}
       on conflict (name) do update set changed_at = now(),
          ${Object.values(COLUMNS)
            .map(
              (column) => `${column} = case when $2::jsonb ? '${column}' then excluded.${column} else t.${column} end`,
            )
            .join(', ')}
   returning name, ${LISTED}`,
)

const toTenant = (row: TenantRow): Tenant => ({
  name: row.name,
  settings: Object.fromEntries(
    NAMES.flatMap((name) => (row[COLUMNS[name]] === null ? [] : [[name, row[COLUMNS[name]]]])),
  ),
})

/** Tenants' settings in PostgreSQL. */
export const createTenantStore = (db: Database): TenantStore => ({
  async find(name) {
    const { rows } = await db.as(name).query<TenantRow>(FIND, [name])
    return rows[0] ? toTenant(rows[0]).settings : {}
  },
  async set(name, settings) {
    const changes = Object.fromEntries(
      NAMES.flatMap((key) => (settings[key] === undefined ? [] : [[COLUMNS[key], settings[key]]])),
    )
    const { rows } = await db.as(name).query<TenantRow>(SET, [name, JSON.stringify(changes)])
    return toTenant(rows[0] as TenantRow)
  },
  async list() {
    return (await db.query<TenantRow>(LIST, [])).rows.map(toTenant)
  },
})
