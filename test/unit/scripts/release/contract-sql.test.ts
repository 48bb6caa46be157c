import { describe, expect, it } from 'vitest'
import { findContractions } from '../../../../scripts/release/contract-sql.ts'

const find = (sql: string) => findContractions([{ file: '0099_x.sql', sql }])

describe('a migration', () => {
  it.each([
    ['alter table job drop column note', 'drops a column'],
    ['alter table job drop if exists note', 'drops a column'],
    ['alter table only public."job" rename column a to b', 'renames'],
    ['ALTER TABLE job\n  RENAME TO work', 'renames'],
    ['alter table job alter column a type bigint', 'changes the type of a column'],
    ['alter table job alter a set data type bigint', 'changes the type of a column'],
    ['alter table job alter column a set not null', 'makes a column required'],
    ['alter table job alter column a drop default', 'takes a default away'],
    ['alter table job add column a text not null', 'adds a column that must be given'],
    ['alter table job add column b text, add column a numeric(8, 2) not null', 'adds a column that must be given'],
    ['alter table job add constraint c check (a > 0)', 'adds a constraint'],
    ['alter table job add unique (a)', 'adds a constraint'],
    ['alter table job drop constraint c', 'drops a constraint'],
    ['alter table job enable row level security', 'hides rows'],
    ['create unique index concurrently u on job (a)', 'forbids doubles'],
    ['drop table job', 'drops'],
    ['drop index job_open', 'drops'],
    ['truncate job', 'empties a table'],
    ['delete from job where a > 0', 'removes rows'],
    ["insert into note values ('a -- b'); drop table job", 'drops'],
    ["select 1; -- it's\ndrop table job; -- isn't it", 'drops'],
    ['revoke select on job from public', 'takes a right away'],
    ['/* so */ select 1; -- and\ndrop view seen', 'drops'],
    ['do $$ begin drop table job; end $$', 'drops'],
    ['do $x$ begin if exists (select 1) then drop table job; end if; end $x$', 'drops'],
  ])('takes away by %s', (sql, what) => {
    expect(find(sql).join('\n')).toContain(`0099_x.sql ${what}: `)
  })

  it.each([
    'create table t (a int not null, check (a > 0)); alter table t add unique (a); create unique index on t (a)',
    'alter table job add column a text',
    "alter table job add column a text not null default ''",
    'alter table job add column a bigint generated always as identity not null',
    'alter table job alter column a drop not null',
    'create index concurrently i on job (a)',
    'drop index concurrently if exists i; create index concurrently i on job (a)',
    "insert into note values ('; drop table job;')",
    '-- drop table job\nselect 1',
    'create function f() returns void language plpgsql as $$ begin drop table job; end $$',
  ])('only adds by %s', (sql) => {
    expect(find(sql)).toEqual([])
  })

  it('may say that it takes away', () => {
    const sql = '-- outside a transaction\n-- contract: 0.3.0\n-- because\nalter table job drop column note;\n'
    expect(find(sql)).toEqual([])
  })

  it.each(['select 1;\n-- contract: 0.3.0\ndrop table job;', '-- contract: soon\ndrop table job;'])(
    'does not say so by %j',
    (sql) => {
      expect(find(sql)).toHaveLength(1)
    },
  )

  it('may do what it likes with tables that came after the release', () => {
    const migrations = [
      { file: '0098_t.sql', sql: 'create table if not exists t (a int)' },
      { file: '0099_u.sql', sql: 'alter table t drop column a' },
    ]
    expect(findContractions(migrations)).toEqual([])
    expect(findContractions(migrations.toReversed())).toHaveLength(1)
  })

  it('may drop an index of such a table, and of no other', () => {
    const dropped = (table: string) =>
      findContractions([
        { file: '0097_t.sql', sql: 'create table t (a int)' },
        { file: '0098_i.sql', sql: `create index concurrently i on ${table} (a)` },
        { file: '0099_u.sql', sql: 'drop index concurrently if exists i' },
      ])
    expect(dropped('t')).toEqual([])
    expect(dropped('job')).toHaveLength(1)
  })
})
