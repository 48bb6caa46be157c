import { Client } from 'pg'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { createLogger } from '../../../infra/runtime/logger.ts'

const log = createLogger('bench', 'silent')

/** A database of the benchmark's own, filled with jobs that are over. */
export interface FilledDatabase {
  readonly url: string
  sql<R extends object>(text: string): Promise<R[]>
}

export const onDatabase = async <T>(url: string, work: (client: Client) => Promise<T>): Promise<T> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(`set muster.tenant = '*'`)
    return await work(client)
  } finally {
    await client.end()
  }
}

/** `table`: as before the contract; `days`: as after it. */
export type Shape = 'table' | 'days'

/** A new database with the tables of this version and nothing in them. */
export const newDatabase = async (admin: string, name: string, shape: Shape): Promise<FilledDatabase> => {
  const url = Object.assign(new URL(admin), { pathname: `/${name}` }).href
  await onDatabase(admin, async (client) => {
    await client.query(`drop database if exists ${name} with (force)`)
    await client.query(`create database ${name}`)
  })
  await migrate(url, log, { contract: shape === 'table' ? 'later' : 'when-fresh' })
  return {
    url,
    sql: <R extends object>(text: string) => onDatabase(url, async (client) => (await client.query<R>(text)).rows),
  }
}

/** Days of before today, each a table of its own: what housekeeping would have left there after so many days. */
export const addDays = async ({ sql }: FilledDatabase, dayCount: number): Promise<void> => {
  await sql(`select detach_job_day('job_before'), drop_job_days()`)
  await sql(`
    do $$
    declare
      name text;
    begin
      for ago in 1 .. ${dayCount} loop
        name := 'job_' || to_char(job_day(-ago) at time zone 'utc', 'YYYYMMDD');
        execute format('create table %I (like job including all)', name);
        perform keep_job_rights(name::regclass, 'job');
        execute format('alter table job attach partition %I for values from (%L) to (%L)',
                       name, job_id_at(job_day(-ago)), job_id_at(job_day(1 - ago)));
      end loop;
    end
    $$`)
}

/** Jobs that are over, evenly over the days before today; as many bytes as a face match leaves after its pictures went. */
export const fill = async ({ sql }: FilledDatabase, dayCount: number, jobCount: number): Promise<void> => {
  await sql(`
    insert into job (id, tenant, task, lane, state, attempt, input, result, models, timings, fingerprint, created_at, deadline,
                     published_at, started_at, finished_at, erased_at, due_at, keyed)
    select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8'
              || substr(md5(n::text), 4, 15))::uuid,
           'tenant-' || n % 20, 'face-match', 'interactive', 'succeeded', 1, '{"pictures": [], "options": {}}', null,
           '[{"name": "face-detector", "digest": "sha256:${'0'.repeat(64)}", "version": "1.0.0"},
             {"name": "face-embedding", "digest": "sha256:${'1'.repeat(64)}", "version": "1.0.0"}]',
           '{"storeMs": 40.1, "queueMs": 12.2, "fetchMs": 3.1, "decodeMs": 20.4, "inferMs": 27.3, "writeMs": 3.3}',
           md5(n::text) || md5(n::text), at, at, at, at, at, at, null, true
      from (select n, date_trunc('day', now() at time zone 'utc') at time zone 'utc' - interval '1 second'
                      - n * interval '1 second' * ${dayCount} * 86390.0 / ${jobCount} as at
              from generate_series(1, ${jobCount}) n) made`)
  // Nothing but what has jobs: a day that was analysed while it was empty is taken for empty by the first plans made for it.
  const filled = await sql<{ name: string }>('select distinct tableoid::regclass::text as name from job')
  await sql(`vacuum analyze ${filled.map(({ name }) => name).join(', ')}`)
}
