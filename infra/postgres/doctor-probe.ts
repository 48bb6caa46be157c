import type { DatabaseProbe, RowSigns, SealedCount, Waiting } from '../ports/doctor.ts'
import { createJobDays } from './job-days-store.ts'
import { readMigrations, statusOf } from './migrate.ts'
import type { Database } from './pool.ts'
import { rowSecurityGaps } from './row-security.ts'
import type { Statement } from './statement.ts'

/** Longer than every round of the housekeeping, a lease and a publish take. */
const LONG = `interval '2 minutes'`
const statement = (name: string, text: string): Statement => ({ name: `doctor.${name}`, text })

const ROWS = statement(
  'rows',
  `select (select count(*) from job where state in ('queued', 'running') and deadline < now() - ${LONG})::int
            + (select count(*) from job where state = 'canceling' and deadline < now() - ${LONG})::int as "overdueCount",
          (select count(*) from job where state = 'running' and leased_until < now() - ${LONG})::int
            + (select count(*) from job where state = 'canceling' and leased_until < now() - ${LONG})::int as "zombieCount",
          (select count(*) from job where state = 'queued' and published_at is null and deadline > now()
              and queued_at < now() - ${LONG})::int as "unpublishedCount",
          (select count(*) from webhook_endpoint where disabled_reason = 'failing')::int as "webhooksDisabledCount",
          (select h.seq = 0 and not exists (select 1 from audit_entry)
               or exists (select 1 from audit_entry e
                           where e.seq = h.seq and e.hash = h.hash and e.seq = (select max(seq) from audit_entry))
             from audit_head h) as "auditHeadHolds"`,
)
const WAITING = statement(
  'waiting',
  `select task, lane, count(*) filter (where state = 'queued' and published_at < now() - ${LONG})::int as count,
          count(*) filter (where state = 'running')::int as "runningCount",
          coalesce(max(extract(epoch from now() - queued_at)) filter (where state = 'queued'), 0)::float8 * 1000 as "oldestMs"
     from job where state in ('queued', 'running') and deadline > now() group by task, lane`,
)
const WEBHOOK_SECRETS = statement(
  'webhook-secrets',
  `select coalesce(substring(sealed from '^aes256gcm:([0-9a-f]{8}):'), 'plain') as "keyId", count(*)::int as count
     from (select secret as sealed from webhook_endpoint
           union all select previous_secret from webhook_endpoint where previous_until > now()
           union all select secret from webhook_secret
           union all select previous_secret from webhook_secret where previous_until > now()) stored
    where sealed is not null group by 1`,
)
/** Both ends are found by an index: keys change rarely, so that what a job needs shows at one of them. */
const SEALED_PICTURES = statement(
  'sealed-pictures',
  `select input->'sealed'->>'kek' as "keyId", count(distinct id)::int as count
     from ((select id, input, pictures_erased_at from job where due_at is not null order by due_at limit 10000)
           union all (select id, input, pictures_erased_at from job order by id desc limit 10000)) stored
    where pictures_erased_at is null and input->'sealed'->>'kek' is not null and jsonb_array_length(input->'pictures') > 0
    group by 1`,
)
const ABOUT = statement(
  'about',
  `select current_setting('server_version') as version, (extract(epoch from clock_timestamp()) * 1000)::float8 as now`,
)
const HAS_MIGRATIONS = statement('has-migrations', `select to_regclass('migration') is not null as there`)
const MIGRATIONS = statement('migrations', 'select file, sha256 from migration')

const applied = async (db: Pick<Database, 'query'>): Promise<ReadonlyMap<string, string>> => {
  const { rows } = await db.query<{ there: boolean }>(HAS_MIGRATIONS, [])
  if (!rows[0]?.there) return new Map()
  const found = await db.query<{ file: string; sha256: string }>(MIGRATIONS, [])
  return new Map(found.rows.map(({ file, sha256 }) => [file, sha256]))
}

/** Looks at PostgreSQL. */
export const createDatabaseProbe = (db: Database): DatabaseProbe => ({
  async rows() {
    const { rows } = await db.query<Omit<RowSigns, 'waiting'>>(ROWS, [])
    const waiting = (await db.query<Waiting>(WAITING, [])).rows
    return { ...(rows[0] as Omit<RowSigns, 'waiting'>), waiting }
  },
  webhookSecrets: async () => (await db.query<SealedCount & { keyId: string }>(WEBHOOK_SECRETS, [])).rows,
  sealedPictures: async () => (await db.query<SealedCount & { keyId: string }>(SEALED_PICTURES, [])).rows,
  async database() {
    const { rows } = await db.query<{ version: string; now: number }>(ABOUT, [])
    const [about, has, files] = [rows[0] as { version: string; now: number }, await applied(db), await readMigrations()]
    const { missing, changed, contractsWaiting } = statusOf(files, has)
    return {
      ...about,
      migrationsMissing: missing,
      migrationsChanged: changed,
      contractsWaiting,
      days: has.size > 0 ? await createJobDays(db).signs() : undefined,
      rowSecurityGaps: await rowSecurityGaps(db),
    }
  },
})
