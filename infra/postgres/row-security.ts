import type { Queryable, Statement } from './statement.ts'

/** What the policies of migration 0011 compare with. `*` is the system: every row. */
const SETTING = 'muster.tenant'
const SYSTEM = '*'

/**
 * Superusers pass every policy. A connection whose login is one, or is exempt by `bypassrls`, goes on as the role
 * `muster_app`, which the migration makes where it may. Any other login is held as it is: the policies are forced, so that
 * they hold the owner of the tables too.
 */
const assume = (tenant: string): string => `
  select set_config('${SETTING}', '${tenant}', false),
         (select set_config('role', app.rolname, false)
            from pg_roles login, pg_roles app
           where login.rolname = session_user and app.rolname = 'muster_app'
             and (login.rolsuper or login.rolbypassrls and pg_has_role(login.oid, app.oid, 'usage')))`

/** For a new connection of the system. */
export const ASSUME_SYSTEM = assume(SYSTEM)
/** For a new connection that will act for tenants: until then it sees nothing. */
export const ASSUME_NOBODY = assume('')
/** $1: the tenant that the next statements of the connection act for. */
export const ACT_FOR: Statement = { name: 'act-for', text: `select set_config('${SETTING}', $1, false)` }

/** @throws Error for what is no tenant but the system's own sign: a fault of ours, never a caller's */
export const mustBeTenant = (tenant: string): void => {
  if (tenant === '' || tenant === SYSTEM) throw new Error('a statement on behalf of a tenant needs one')
}

const GAPS: Statement = {
  name: 'row-security.gaps',
  text: `
    select 'role ' || rolname || ' passes every policy' as gap
      from pg_roles where rolname = current_user and (rolsuper or rolbypassrls)
    union all
    select 'table ' || c.relname || ' is open to every tenant'
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = current_schema() and c.relkind in ('r', 'p')
       and (c.relname = 'tenant'
            or exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant' and not a.attisdropped))
       and not (c.relrowsecurity and c.relforcerowsecurity
                and exists (select 1 from pg_policy p where p.polrelid = c.oid))
     order by 1`,
}

/** Where a statement that forgets its tenant would reach another's rows, in words; none = nowhere. @throws UnavailableError */
export const rowSecurityGaps = async (db: Queryable): Promise<readonly string[]> =>
  (await db.query<{ gap: string }>(GAPS, [])).rows.map(({ gap }) => gap)

/** Does the database keep tenants apart by itself? @throws UnavailableError */
export const rlsHolds = async (db: Queryable): Promise<boolean> => (await rowSecurityGaps(db)).length === 0
